//! What is matched: a million indicators and four kinds of logs, made from one seed. All of it is invented; the shapes are
//! those of Zeek's dns, http and conn logs and of Suricata's EVE, with a planted hit in one line of ten thousand.

use std::{collections::BTreeSet, fmt::Write as _};

/// SplitMix64: small, and the same on every machine.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, sides: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(sides)) >> 64) as u64
    }

    /// Small numbers often, great ones seldom: as the names that people ask for are distributed.
    fn rank(&mut self, sides: u64) -> usize {
        let even = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        (sides as f64).powf(even) as usize - 1
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = self.below(list.len() as u64) as usize;
        #[expect(clippy::indexing_slicing, reason = "a number below the length of a list that is not empty")]
        &list[at]
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut out = String::with_capacity(digits + 16);
        while out.len() < digits {
            // Writing to a `String` cannot fail.
            let _always = write!(out, "{:016x}", self.next());
        }
        out.truncate(digits);
        out
    }

    fn word(&mut self, least: u64, most: u64) -> String {
        let count = least + self.below(most - least + 1);
        (0..count).map(|_| *self.of(SYLLABLES)).collect()
    }

    fn name(&mut self) -> String {
        let mut out = String::new();
        if self.below(10) < 4 {
            let _always = write!(out, "{}.", self.word(1, 2));
        }
        out.push_str(&self.word(2, 4));
        if self.below(4) == 0 {
            let _always = write!(out, "{}", self.below(1000));
        }
        let _always = write!(out, ".{}", self.of(SUFFIXES));
        out
    }

    fn four(&mut self) -> String {
        let bits = self.next() as u32;
        format!("{}.{}.{}.{}", 1 + (bits >> 24) % 223, bits >> 16 & 255, bits >> 8 & 255, bits & 255)
    }

    fn inside(&mut self) -> String {
        format!("10.{}.{}.{}", self.below(256), self.below(256), self.below(256))
    }
}

const SYLLABLES: &[&str] = &[
    "ba", "cor", "del", "fin", "gra", "hos", "in", "jet", "kal", "lum", "mon", "net", "or", "pro", "qua",
    "ris", "sol", "tek", "ur", "ven", "wex", "xa", "yon", "zed", "cloud", "data", "mail", "cdn", "secure",
    "login", "update", "shop", "news", "app",
];
const SUFFIXES: &[&str] = &[
    "com", "net", "org", "info", "ru", "cn", "de", "fr", "it", "io", "co.uk", "xyz", "top", "online", "eu",
    "nl", "pl", "gr", "es", "se", "site", "club", "com.br", "biz",
];
const BROWSERS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36",
    "curl/7.88.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    "Microsoft-CryptoAPI/10.0",
];

/// A kind of indicator in the words of [`comity_threat::value::Kind`], and its text.
pub type Given = (&'static str, String);

/// What makes the text of an indicator.
type Maker = fn(&mut Dice) -> String;

/// Indicators: so many thousandths of `total` of each kind.
pub fn indicators(total: usize) -> Vec<Given> {
    let mut dice = Dice(42);
    let mut seen = BTreeSet::new();
    let mut out = Vec::with_capacity(total);
    let kinds: [(&'static str, usize, Maker); 9] = [
        ("name", 350, |d| format!("{}-{}", d.of(&["evil", "x", "bad", "c2", "phish"]), d.name())),
        ("ipv4", 250, Dice::four),
        ("ipv6", 20, |d| {
            let part = |d: &mut Dice| d.below(0x10000);
            format!(
                "2a0{:x}:{:x}:{:x}::{:x}:{:x}",
                d.below(10),
                part(d),
                part(d),
                part(d),
                1 + d.below(0xffff)
            )
        }),
        ("cidr", 5, |d| {
            let prefix = 18 + d.below(13) as u32;
            let bits = d.next() as u32 & (u32::MAX << (32 - prefix));
            format!("{}.{}.{}.{}/{prefix}", bits >> 24, bits >> 16 & 255, bits >> 8 & 255, bits & 255)
        }),
        ("url", 150, |d| {
            let end = *d.of(&["php", "exe", "html", "zip", "js"]);
            let secure = if d.below(2) == 0 { "s" } else { "" };
            format!("http{secure}://m-{}/{}/{}.{end}", d.name(), d.word(1, 3), d.word(1, 2))
        }),
        ("md5", 75, |d| d.hex(32)),
        ("sha-1", 25, |d| d.hex(40)),
        ("sha-256", 100, |d| d.hex(64)),
        ("email", 25, |d| format!("{}@{}", d.word(1, 2), d.name())),
    ];
    for (kind, share, make) in kinds {
        let wanted = out.len() + total * share / 1000;
        while out.len() < wanted {
            let text = make(&mut dice);
            if seen.insert(text.clone()) {
                out.push((kind, text));
            }
        }
    }
    out
}

/// A log: its name and its text.
pub type Log = (&'static str, Vec<u8>);

/// Four logs of so many bytes each.
pub fn logs(indicators: &[Given], bytes: usize) -> Vec<Log> {
    let of = |kind: &str| -> Vec<&str> {
        indicators.iter().filter(|(k, _)| *k == kind).map(|(_, text)| text.as_str()).collect()
    };
    let mut world = World {
        names: of("name"),
        addresses: of("ipv4"),
        urls: of("url"),
        hashes: of("sha-256"),
        dice: Dice(7),
        known_names: Vec::new(),
        known_addresses: Vec::new(),
    };
    world.settle();
    let kinds: [(&'static str, &str, Line<'_>); 4] = [
        ("dns", ZEEK_DNS, World::dns),
        ("http", ZEEK_HTTP, World::http),
        ("conn", ZEEK_CONN, World::conn),
        ("eve", "", World::eve),
    ];
    kinds.into_iter().map(|(name, header, line)| (name, world.log(header, line, bytes))).collect()
}

const ZEEK_DNS: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\trtt\tquery\tqclass\tqclass_name\tqtype\tqtype_name\trcode\trcode_name\tAA\tTC\tRD\tRA\tZ\tanswers\tTTLs\trejected\n";
const ZEEK_HTTP: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\thttp\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttrans_depth\tmethod\thost\turi\treferrer\tversion\tuser_agent\torigin\trequest_body_len\tresponse_body_len\tstatus_code\tstatus_msg\tinfo_code\tinfo_msg\ttags\tusername\tpassword\tproxied\torig_fuids\torig_filenames\torig_mime_types\tresp_fuids\tresp_filenames\tresp_mime_types\n";
const ZEEK_CONN: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n";

/// What makes a line.
type Line<'i> = fn(&mut World<'i>, f64) -> String;

/// The hosts of the invented network, and what is planted.
struct World<'i> {
    names: Vec<&'i str>,
    addresses: Vec<&'i str>,
    urls: Vec<&'i str>,
    hashes: Vec<&'i str>,
    dice: Dice,
    known_names: Vec<String>,
    known_addresses: Vec<String>,
}

impl<'i> World<'i> {
    fn log(&mut self, header: &str, line: Line<'i>, bytes: usize) -> Vec<u8> {
        let mut text = header.as_bytes().to_vec();
        let mut time = 1_760_000_000.0;
        while text.len() < bytes {
            time += 0.001;
            text.extend_from_slice(line(self, time).as_bytes());
        }
        text
    }

    fn settle(&mut self) {
        for _ in 0..300_000 {
            let name = self.dice.name();
            let below = (self.dice.below(3) == 0)
                .then(|| *self.dice.of(&["www", "api", "img1", "edge-12", "s3.eu-west-1", "static"]));
            self.known_names.push(below.map_or(name.clone(), |below| format!("{below}.{name}")));
        }
        self.known_addresses = (0..200_000).map(|_| self.dice.four()).collect();
    }

    fn planted(&mut self) -> bool {
        self.dice.below(10_000) == 0
    }

    fn name(&mut self, planted: bool) -> String {
        if planted {
            let name = *self.dice.of(&self.names);
            return if self.dice.below(2) == 0 { format!("a1.{name}") } else { name.to_owned() };
        }
        let rank = self.dice.rank(self.known_names.len() as u64);
        self.known_names.get(rank).cloned().unwrap_or_default()
    }

    fn address(&mut self, planted: bool) -> String {
        if planted {
            return (*self.dice.of(&self.addresses)).to_owned();
        }
        let rank = self.dice.rank(self.known_addresses.len() as u64);
        self.known_addresses.get(rank).cloned().unwrap_or_default()
    }

    fn dns(&mut self, time: f64) -> String {
        let planted = self.planted();
        let (uid, from, name, answer) =
            (self.dice.hex(17), self.dice.inside(), self.name(planted), self.address(false));
        let d = &mut self.dice;
        let (port, id, rtt, ttl) =
            (1024 + d.below(64000), d.below(65536), d.below(100_000), 60 + d.below(3600));
        format!(
            "{time:.6}\tC{uid}\t{from}\t{port}\t10.0.0.53\t53\tudp\t{id}\t0.0{rtt:05}\t{name}\t1\tC_INTERNET\t1\tA\t0\tNOERROR\tF\tF\tT\tT\t0\t{answer}\t{ttl}.000000\tF\n"
        )
    }

    fn http(&mut self, time: f64) -> String {
        let planted = self.planted();
        let (host, uri) = if planted {
            let url = *self.dice.of(&self.urls);
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            (host.to_owned(), format!("/{path}"))
        } else {
            let d = &mut self.dice;
            let uri = format!("/{}/{}?id={}&s={}", d.word(1, 2), d.word(1, 3), d.below(1_000_000), d.hex(16));
            (self.name(false), uri)
        };
        let (uid, file, from, to, referrer) =
            (self.dice.hex(17), self.dice.hex(17), self.dice.inside(), self.address(false), self.name(false));
        let d = &mut self.dice;
        let (port, browser, length) = (1024 + d.below(64000), *d.of(BROWSERS), d.below(100_000));
        format!(
            "{time:.6}\tC{uid}\t{from}\t{port}\t{to}\t80\t1\tGET\t{host}\t{uri}\thttp://{referrer}/\t1.1\t{browser}\t-\t0\t{length}\t200\tOK\t-\t-\t(empty)\t-\t-\t-\t-\t-\t-\tF{file}\t-\ttext/html\n"
        )
    }

    fn conn(&mut self, time: f64) -> String {
        let planted = self.planted();
        let (uid, from, to) = (self.dice.hex(17), self.dice.inside(), self.address(planted));
        let d = &mut self.dice;
        let (port, seconds, micros) = (1024 + d.below(64000), d.below(60), d.below(1_000_000));
        let (sent, got, a, b, c, e) = (
            d.below(100_000),
            d.below(1_000_000),
            d.below(100),
            d.below(10_000),
            d.below(100),
            d.below(100_000),
        );
        format!(
            "{time:.6}\tC{uid}\t{from}\t{port}\t{to}\t443\ttcp\tssl\t{seconds}.{micros:06}\t{sent}\t{got}\tSF\tT\tF\t0\tShADadfF\t{a}\t{b}\t{c}\t{e}\t-\n"
        )
    }

    fn eve(&mut self, _: f64) -> String {
        let planted = self.planted();
        let d = &mut self.dice;
        let flow = d.next() >> 2;
        let from = d.inside();
        let (day, hour, minute, second, micros) =
            (1 + d.below(28), d.below(24), d.below(60), d.below(60), d.below(1_000_000));
        let begin = format!(
            "{{\"timestamp\":\"2026-03-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}+0000\",\"flow_id\":{flow},\"in_iface\":\"eth0\","
        );
        let port = d.below(65536);
        match d.below(4) {
            0 => {
                let (id, name) = (d.below(65536), self.name(planted));
                format!(
                    "{begin}\"event_type\":\"dns\",\"src_ip\":\"{from}\",\"src_port\":{port},\"dest_ip\":\"10.0.0.53\",\"dest_port\":53,\"proto\":\"UDP\",\"dns\":{{\"type\":\"query\",\"id\":{id},\"rrname\":\"{name}\",\"rrtype\":\"A\",\"tx_id\":0,\"opcode\":0}}}}\n"
                )
            }
            1 => {
                let print: Vec<String> = (0..20).map(|_| self.dice.hex(2)).collect();
                let (print, serial) = (print.join(":"), self.dice.hex(32));
                let (to, subject, name) = (self.address(false), self.name(false), self.name(planted));
                format!(
                    "{begin}\"event_type\":\"tls\",\"src_ip\":\"{from}\",\"src_port\":{port},\"dest_ip\":\"{to}\",\"dest_port\":443,\"proto\":\"TCP\",\"tls\":{{\"subject\":\"CN={subject}\",\"issuerdn\":\"C=US, O=Let's Encrypt, CN=R3\",\"serial\":\"{serial}\",\"fingerprint\":\"{print}\",\"sni\":\"{name}\",\"version\":\"TLS 1.3\",\"notbefore\":\"2026-01-01T00:00:00\",\"notafter\":\"2026-04-01T00:00:00\"}}}}\n"
                )
            }
            2 => {
                let hash = if planted { (*self.dice.of(&self.hashes)).to_owned() } else { self.dice.hex(64) };
                let (to, host) = (self.address(false), self.name(false));
                let d = &mut self.dice;
                let (a, b, c) = (d.word(1, 2), d.word(1, 3), d.word(1, 3));
                let (browser, size, md5, sha1) = (*d.of(BROWSERS), d.below(1_000_000), d.hex(32), d.hex(40));
                format!(
                    "{begin}\"event_type\":\"fileinfo\",\"src_ip\":\"{to}\",\"src_port\":80,\"dest_ip\":\"{from}\",\"dest_port\":{port},\"proto\":\"TCP\",\"http\":{{\"hostname\":\"{host}\",\"url\":\"/{a}/{b}\",\"http_user_agent\":\"{browser}\",\"http_content_type\":\"application/octet-stream\",\"http_method\":\"GET\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"length\":{size}}},\"app_proto\":\"http\",\"fileinfo\":{{\"filename\":\"/{c}\",\"gaps\":false,\"state\":\"CLOSED\",\"md5\":\"{md5}\",\"sha1\":\"{sha1}\",\"sha256\":\"{hash}\",\"stored\":false,\"size\":{size},\"tx_id\":0}}}}\n"
                )
            }
            _ => {
                let to = self.address(planted);
                let d = &mut self.dice;
                let (a, b, c, e) = (d.below(1000), d.below(1000), d.below(100_000), d.below(100_000));
                format!(
                    "{begin}\"event_type\":\"flow\",\"src_ip\":\"{from}\",\"src_port\":{port},\"dest_ip\":\"{to}\",\"dest_port\":443,\"proto\":\"TCP\",\"app_proto\":\"tls\",\"flow\":{{\"pkts_toserver\":{a},\"pkts_toclient\":{b},\"bytes_toserver\":{c},\"bytes_toclient\":{e},\"start\":\"2026-03-01T00:00:00.000000+0000\",\"end\":\"2026-03-01T00:01:00.000000+0000\",\"age\":60,\"state\":\"closed\",\"reason\":\"timeout\",\"alerted\":false}}}}\n"
                )
            }
        }
    }
}
