//! Which selectors bear the mark of a protected object.

use comity_affairs::protected::Mark;
use comity_record::body::Selector;

fn address(text: &str) -> Selector {
    Selector::Address { address: text.into(), port: None, at: "2026-03-01T00:00:00Z".parse().unwrap() }
}

fn account(provider: &str, account: &str) -> Selector {
    Selector::Account { provider: provider.into(), account: account.into() }
}

/// Blocks of RFC 5737 and RFC 3849; a name covers all below it, and no name that only ends alike.
#[test]
fn a_mark_is_on_what_lies_in_it_and_on_nothing_else() {
    for (mark, selector, on) in [
        ("address 203.0.113.16/28", address("203.0.113.16"), true),
        ("address 203.0.113.16/28", address("203.0.113.31"), true),
        ("address 203.0.113.16/28", address("203.0.113.32"), false),
        ("address 203.0.113.16/28", address("203.0.113.15"), false),
        ("address 203.0.113.20/28", address("203.0.113.17"), true),
        ("address 203.0.113.7", address("203.0.113.7"), true),
        ("address 203.0.113.7", address("203.0.113.6"), false),
        ("address 203.0.113.7", address("::ffff:203.0.113.7"), true),
        ("address 2001:db8::/32", address("2001:db8:ffff::1"), true),
        ("address 2001:db8::/32", address("2001:db9::1"), false),
        ("address 2001:db8::/32", address("203.0.113.7"), false),
        ("name st-anne.example", account("st-anne.example", "ward-1"), true),
        ("name st-anne.example", account("mail.St-Anne.example", "ward-1"), true),
        ("name st-anne.example", account("mail.example", "ward-1@st-anne.example"), true),
        ("name st-anne.example", account("notst-anne.example", "ward-1"), false),
        ("name st-anne.example", account("mail.example", "st-anne.example"), false),
        ("account mail.example:ward-1", account("mail.example", "Ward-1"), true),
        ("account mail.example:ward-1", account("mail.example", "ward-2"), false),
        ("device IMEI-1", Selector::Device("imei-1".into()), true),
        ("name st-anne.example", Selector::Person("St Anne".into()), false),
    ] {
        let mark: Mark = mark.parse().unwrap();
        assert_eq!(mark.is_on(&selector), on, "{mark} {selector:?}");
    }
    for none in [
        "",
        "address",
        "address x",
        "address 203.0.113.7/0",
        "name hospital",
        "account x",
        "device ",
        "range 1",
    ] {
        assert!(none.parse::<Mark>().is_err(), "{none}");
    }
}
