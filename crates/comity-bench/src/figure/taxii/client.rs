//! The client: one connection, one request at a time, in clear or over TLS.

use super::{NAME, OBJECTS, Serving};
use crate::Outcome;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::Arc,
};

/// A client that trusts one certificate.
fn trusting(certificate: &str) -> Outcome<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes())?)?;
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

/// What a request costs the server.
pub(super) struct Cost {
    pub(super) millis: f64,
    pub(super) bytes: usize,
}

/// One connection to the server.
pub(super) struct Client {
    pub(super) pid: u32,
    token: String,
    stream: BufReader<Box<dyn Wire>>,
}

/// What bytes go over: TCP, or TLS over it.
trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

impl Client {
    /// Connects, over TLS where the server has a certificate.
    pub(super) fn connect(serving: &Serving) -> Outcome<Client> {
        let stream = TcpStream::connect(serving.at)?;
        stream.set_nodelay(true)?;
        let wire: Box<dyn Wire> = match &serving.certificate {
            None => Box::new(stream),
            Some(certificate) => {
                let name = NAME.try_into()?;
                let connection = ClientConnection::new(trusting(certificate)?, name)?;
                Box::new(StreamOwned::new(connection, stream))
            }
        };
        Ok(Client { pid: serving.pid, token: serving.token.clone(), stream: BufReader::new(wire) })
    }

    pub(super) fn post(&mut self, body: &str) -> Outcome<Vec<u8>> {
        let head =
            format!("content-type: application/taxii+json;version=2.1\r\ncontent-length: {}\r\n", body.len());
        self.ask("POST", OBJECTS, &head, body).map(|(_, body)| body)
    }

    /// The same request many times.
    pub(super) fn each(&mut self, times: u32, path: &str, encoding: &str) -> Outcome<Cost> {
        let head = format!("accept-encoding: {encoding}\r\n");
        let bytes = self.ask("GET", path, &head, "")?.1.len();
        let before = cpu_of(self.pid)?;
        for _ in 0..times {
            self.ask("GET", path, &head, "")?;
        }
        Ok(Cost { millis: (cpu_of(self.pid)? - before) * 1000.0 / f64::from(times), bytes })
    }

    /// The date of the last object in the collection.
    pub(super) fn last_added(&mut self) -> Outcome<String> {
        let (mut query, mut last) = (String::new(), String::new());
        loop {
            let (head, _) = self.ask("GET", &format!("{OBJECTS}?limit=1000{query}"), "", "")?;
            match head.iter().find_map(|line| line.strip_prefix("x-taxii-date-added-last: ")) {
                Some(date) => date.clone_into(&mut last),
                None => return Ok(last),
            }
            query = format!("&added_after={last}");
        }
    }

    fn ask(&mut self, method: &str, path: &str, more: &str, body: &str) -> Outcome<(Vec<String>, Vec<u8>)> {
        let stream = self.stream.get_mut();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: node.example\r\nauthorization: Bearer {}\r\n\
             accept: application/taxii+json;version=2.1\r\n{more}\r\n",
            self.token
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        if !lines.first().is_some_and(|line| line.starts_with("HTTP/1.1 20")) {
            return Err(format!("{method} {path}: {lines:?}").into());
        }
        let length = lines.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.ok_or("an answer without a length")?.parse()?];
        self.stream.read_exact(&mut body)?;
        Ok((lines, body))
    }
}

/// User and system seconds of a process, in steps of 10 ms (proc(5)).
pub(super) fn cpu_of(pid: u32) -> Outcome<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() / 100.0)
}
