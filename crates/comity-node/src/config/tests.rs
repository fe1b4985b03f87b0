//! The sample, the list of keys, and what bad configurations get.

use super::*;

fn parse(text: &str) -> Result<Config, ConfigFault> {
    Config::parse(text, Path::new("comity.toml"))
}

#[test]
fn the_sample_is_the_default() {
    assert_eq!(parse(&Config::sample()).unwrap(), Config::default());
    assert_eq!(parse("").unwrap(), Config::default());
    // The example of a party, too, once its comment marks are gone.
    let sample = Config::sample();
    let (_, example) = sample.split_once("XA is an invented State.\n").unwrap();
    let example: String =
        example.lines().map(|l| l.strip_prefix("# ").unwrap_or(l).to_owned() + "\n").collect();
    let config = parse(&example).unwrap();
    assert_eq!(config.party.values().collect::<Vec<_>>(), [&Party::default()]);
    assert_eq!(parse(&config.to_text()).unwrap(), config);
}

#[test]
fn every_configuration_is_read_as_it_was_written() {
    let text = r#"
        [node]
        peer_listen = ""
        [log]
        format = "json"
        [party.XA]
        store = { postgres = "postgresql://comity:geheim@db.example/comity", schema = "xa" }
        default_tlp = "amber+strict"
        packs = ["packs/xa"]
        [party.XB]
        address = "node.xb.example:4433"
        ledger = "xb.example/log"
    "#;
    let config = parse(text).unwrap();
    assert_eq!(parse(&config.to_text()).unwrap(), config);
    assert_eq!(*config.node.peer_listen, Listen::Off);
    let (xa, xb) = (Text("XA".parse().unwrap()), Text("XB".parse().unwrap()));
    assert_eq!(config.party[&xa].ledger_origin(&xa), "comity.invalid/ledger/XA");
    assert_eq!(config.party[&xb].ledger_origin(&xb), "xb.example/log");
    let shown = format!("{config:?}");
    assert!(shown.contains("postgresql://…@db.example/comity") && !shown.contains("geheim"), "{shown}");
}

/// A change of keys or defaults changes `tests/golden/config-keys.txt` in the same commit.
#[test]
fn the_list_of_keys() {
    let golden = include_str!("../../tests/golden/config-keys.txt");
    assert_eq!(Config::keys().join("\n") + "\n", golden);
    assert!(Config::keys().iter().all(|key| !key.ends_with("= ")), "every value is TOML");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases = [
        (
            "[node]\nlong_pol_seconds = 5",
            "config/unknown-key",
            "comity.toml:2:1: there is no key `long_pol_seconds` here",
            Some("did you mean `long_poll_seconds`?"),
        ),
        (
            "[nod]\n",
            "config/unknown-key",
            "comity.toml:1:2: there is no key `nod` here",
            Some("did you mean `node`?"),
        ),
        (
            "\n[log]\n  zzz = 1",
            "config/unknown-key",
            "comity.toml:3:3: there is no key `zzz` here",
            Some("known here: format, level"),
        ),
        (
            "[node]\nlong_poll_seconds = -1",
            "config/malformed",
            "comity.toml:2:21: invalid value: integer `-1`, expected u32",
            None,
        ),
        (
            "[party.xa]",
            "config/malformed",
            "comity.toml:1:8: `xa` is not a party code: 2 to 16 capital letters, digits or hyphens, such as JP",
            None,
        ),
        (
            "[party.XA]\ndefault_tlp = \"white\"",
            "config/malformed",
            "comity.toml:2:15: `white` is not a value of `tlp`; known: clear, green",
            None,
        ),
        ("[party.XA]\n[party.XA]", "config/malformed", "comity.toml:2:8: duplicate key", None),
        (
            "[party.XA]\nstore = \"sqlite\"",
            "config/malformed",
            "comity.toml:2:9: invalid value: string \"sqlite\", expected `embedded`, or a table with `postgres` and `schema`",
            None,
        ),
        (
            "[party.XA]\nstore = { postgres = \"x\", schema = \"X\" }",
            "config/malformed",
            "comity.toml:2:9: a schema has 1 to 48 small letters",
            None,
        ),
        (
            "[node]\npeer_listen = \"here\"",
            "config/malformed",
            "comity.toml:2:15: `here` is not an address with port",
            None,
        ),
        ("[node", "config/malformed", "comity.toml:1:6: ", None),
        (
            "[api]\nlisten = \"0.0.0.0:80\"",
            "config/value",
            "comity.toml: `api.listen` cannot be used: beyond loopback the API is served only over TLS",
            None,
        ),
        ("[api]\nsocket = \"/tmp/x\"", "config/value", "comity.toml: `api.socket` cannot be used", None),
        (
            "[node]\nlong_poll_seconds = 301",
            "config/value",
            "comity.toml: `node.long_poll_seconds` cannot be used",
            None,
        ),
        (
            "[peers]\nat_once = 0",
            "config/value",
            "comity.toml: `peers.at_once` cannot be used: at least 1 is needed",
            None,
        ),
    ];
    for (text, code, message, help) in cases {
        let fault = parse(text).unwrap_err();
        assert_eq!(fault.code(), code, "{text}");
        assert!(fault.to_string().starts_with(message), "{text}\n{fault}");
        assert_eq!(fault.help().as_deref(), help, "{text}");
        assert!(!fault.to_string().contains('\n'), "{fault}");
    }
}

#[test]
fn paths_count_from_the_files_folder() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("comity.toml");
    fs::write(&path, "[node]\ndata_dir = \"d\"\n[party.XA]\npacks = [\"p\", \"/q\"]").unwrap();
    let config = Config::load(&path).unwrap();
    assert_eq!(config.node.data_dir, dir.path().join("d"));
    assert_eq!(config.party.values().next().unwrap().packs, [dir.path().join("p"), PathBuf::from("/q")]);
    let fault = Config::load(&dir.path().join("none.toml")).unwrap_err();
    assert_eq!(
        (fault.code(), fault.help().unwrap().as_str()),
        ("config/unreadable", "write one with `comity config`")
    );
}
