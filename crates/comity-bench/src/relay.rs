//! A relay between two nodes that counts the bytes it passes on. It runs in the measuring process, so that its own CPU
//! time is in no figure, and sees TLS as any cable does.

use crate::Outcome;
use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// A listening socket that is not yet connected to anything.
#[derive(Debug)]
pub struct Relay {
    listener: TcpListener,
    passed: Arc<AtomicU64>,
}

impl Relay {
    /// Listens on loopback.
    pub fn bind() -> Outcome<Relay> {
        Ok(Relay { listener: TcpListener::bind("127.0.0.1:0")?, passed: Arc::default() })
    }

    /// Where it listens.
    pub fn address(&self) -> Outcome<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// From now on, everything goes to `target` and back, until the process ends. The counter is of both directions.
    pub fn run(self, target: SocketAddr) -> Arc<AtomicU64> {
        let passed = Arc::clone(&self.passed);
        thread::spawn(move || {
            for near in self.listener.incoming() {
                let (Ok(near), Ok(far)) = (near, TcpStream::connect(target)) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { continue };
                    let passed = Arc::clone(&self.passed);
                    thread::spawn(move || pass(from, to, &passed));
                }
            }
        });
        passed
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, passed: &AtomicU64) {
    let mut window = vec![0; 1 << 17];
    while let Ok(read @ 1..) = from.read(&mut window) {
        passed.fetch_add(read as u64, Ordering::Relaxed);
        let Some(bytes) = window.get(..read) else { break };
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    // The other half ends when its reader sees the end; a socket already closed is what was wanted.
    let _closed = to.shutdown(Shutdown::Write).is_err();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_in_both_directions() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Relay::bind().unwrap();
        let address = relay.address().unwrap();
        let passed = relay.run(server.local_addr().unwrap());
        let mut near = TcpStream::connect(address).unwrap();
        near.write_all(b"question").unwrap();
        let (mut far, _) = server.accept().unwrap();
        let mut heard = [0; 8];
        far.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"question");
        far.write_all(b"yes").unwrap();
        drop(far);
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, b"yes");
        assert_eq!(passed.load(Ordering::Relaxed), 11);
    }
}
