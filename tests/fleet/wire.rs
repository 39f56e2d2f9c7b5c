//! Everything that goes over the wire, written down.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A port that leads to another one.
pub(crate) struct Wire {
    pub(crate) port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Wire {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let wire = Self {
            port: listener.local_addr().expect("its address").port(),
            heard: Arc::default(),
        };
        let heard = Arc::clone(&wire.heard);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // The server may be down: whoever came tries again.
                let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let ends = from.try_clone().and_then(|from| Ok((from, to.try_clone()?)));
                    let (from, to) = ends.expect("both ends");
                    let heard = Arc::clone(&heard);
                    thread::spawn(move || pass(from, to, &heard));
                }
            }
        });
        wire
    }

    pub(crate) fn heard(&self) -> Vec<u8> {
        self.heard.lock().expect("what was heard").clone()
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, heard: &Mutex<Vec<u8>>) {
    let mut part = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from.read(&mut part) {
        heard.lock().expect("what was heard").extend_from_slice(&part[..read]);
        if to.write_all(&part[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
