//! What stands before a double: TLS, done well or badly.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::certificates::Identity;
use crate::double::lock;

/// Somebody who says nothing for so long has gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// A TLS server that hands each request on, as it came.
pub(crate) struct Front {
    pub(crate) port: u16,
}

/// What happens to a request that came in.
#[derive(Clone, Copy)]
enum After {
    HandOn,
    HangUp,
}

impl Front {
    pub(crate) fn new(identity: &Identity, to: SocketAddr) -> Self {
        Self::of(config(identity, None), to, After::HandOn)
    }

    /// One that lets nobody in whose certificate is not signed by this authority.
    pub(crate) fn for_clients_of(identity: &Identity, clients: &str, to: SocketAddr) -> Self {
        Self::of(config(identity, Some(clients)), to, After::HandOn)
    }

    /// One that hangs up when it has read the request.
    pub(crate) fn cut_after_request(identity: &Identity, to: SocketAddr) -> Self {
        Self::of(config(identity, None), to, After::HangUp)
    }

    fn of(config: Arc<ServerConfig>, to: SocketAddr, after: After) -> Self {
        let address = listen(move |stream| {
            let _ = serve(stream, &config, to, after);
        });
        Self { port: address.port() }
    }
}

/// Serves each connection in a thread of its own, for as long as the tests run.
pub(crate) fn listen(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            let _ = stream.set_read_timeout(Some(PATIENCE));
            thread::spawn(move || handle(stream));
        }
    });
    address
}

/// A server that answers the first bytes of each connection with these, and hangs up; and all that
/// it was sent.
pub(crate) fn answering(answer: Vec<u8>) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&heard);
    let address = listen(move |mut stream| {
        let mut first = [0; 4096];
        let length = stream.read(&mut first).unwrap_or(0);
        lock(&noted).extend_from_slice(&first[..length]);
        let _ = stream.write_all(&answer);
        let _ = stream.shutdown(Shutdown::Write);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        lock(&noted).extend_from_slice(&rest);
    });
    (address.port(), heard)
}

fn config(identity: &Identity, clients: Option<&str>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            roots.add(certificate(pem)).expect("an authority");
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        }
    };
    let key = any_supported_type(&identity.key()).expect("a key");
    // Shown without a look at it: some are not as they should be.
    let shown = CertifiedKey::new(identity.chain.clone(), key);
    Arc::new(builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown))))
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    use rustls::pki_types::pem::PemObject;
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")
}

fn serve(
    mut socket: TcpStream,
    config: &Arc<ServerConfig>,
    to: SocketAddr,
    after: After,
) -> std::io::Result<()> {
    let mut tls = ServerConnection::new(Arc::clone(config)).expect("a configuration that works");
    while tls.is_handshaking() {
        if let Err(error) = tls.complete_io(&mut socket) {
            // The alert has to be read before the socket is closed with bytes in it.
            let _ = tls.write_tls(&mut socket);
            drain(&mut socket);
            return Err(error);
        }
    }
    let mut stream = StreamOwned::new(tls, socket);
    let mut head = Vec::new();
    let mut part = [0; 4096];
    while !head.ends_with(b"\r\n\r\n") {
        let length = stream.read(&mut part)?;
        if length == 0 {
            return Ok(());
        }
        head.extend_from_slice(&part[..length]);
    }
    if let After::HandOn = after {
        let mut back = TcpStream::connect(to)?;
        back.write_all(&head)?;
        let mut answer = Vec::new();
        back.read_to_end(&mut answer)?;
        stream.write_all(&answer)?;
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    drain(&mut stream.sock);
    Ok(())
}

/// Lets the other side read what was sent before this one is closed.
fn drain(socket: &mut TcpStream) {
    let _ = socket.shutdown(Shutdown::Write);
    let _ = socket.read_to_end(&mut Vec::new());
}
