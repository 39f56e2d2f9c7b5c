//! Certificates and keys: those of files, checked before anything is asked, and what is wrong with
//! those of a server, in words that say what to do.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription as Alert, CertificateError, Error, InvalidMessage, RootCertStore};
use zeroize::Zeroizing;

/// How many of the names in a certificate are shown: there may be thousands.
const NAMES: usize = 3;
/// The longest that is said of one certificate, since a stranger wrote it.
const LONGEST: usize = 300;

/// A file of certificates or with a key.
#[derive(Debug)]
pub struct Pem {
    /// The flag and the path, for errors.
    pub name: String,
    pub bytes: Zeroizing<Vec<u8>>,
}

impl Pem {
    fn says(&self, why: impl AsRef<str>) -> String {
        format!("{}: {}", self.name, why.as_ref())
    }

    /// Its certificates, of which there is at least one.
    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let all = CertificateDer::pem_slice_iter(&self.bytes).collect::<Result<Vec<_>, _>>();
        let all = all.map_err(|_| self.says("what it holds is damaged, or no PEM"))?;
        if !all.is_empty() {
            return Ok(all);
        }
        let key = PrivateKeyDer::from_pem_slice(&self.bytes).is_ok();
        let instead = if key { ": it holds a private key" } else { "" };
        Err(self.says(format!("no certificate (PEM) is in it{instead}")))
    }

    /// The authorities in it, each of which can be read.
    pub(crate) fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, String> {
        let all = self.certificates()?;
        for (at, one) in all.iter().enumerate() {
            let wrong = |why| self.says(format!("certificate {} in it: {why}", at + 1));
            RootCertStore::empty().add(one.clone()).map_err(wrong)?;
        }
        Ok(all)
    }

    /// The key in it.
    fn key(&self) -> Result<PrivateKeyDer<'static>, String> {
        if let Ok(key) = PrivateKeyDer::from_pem_slice(&self.bytes) {
            return Ok(key);
        }
        let holds = |word: &[u8]| self.bytes.windows(word.len()).any(|part| part == word);
        Err(self.says(if holds(b"ENCRYPTED") {
            "the key in it has a passphrase, which squelch does not ask for: write one without to a \
             file that only you can read (openssl pkey -in FILE -out NEW)"
        } else if holds(b"BEGIN CERTIFICATE") {
            "no private key is in it: it holds a certificate, which is what --client-cert takes"
        } else {
            "no private key (PEM) is in it, or a damaged one"
        }))
    }
}

/// A client's chain and key, which belong together.
pub(crate) fn identity(
    chain: &Pem,
    key: &Pem,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let (certificates, private) = (chain.certificates()?, key.key()?);
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(certificates.clone(), private.clone_key(), &provider).map_err(
        |error| match error {
            Error::InconsistentKeys(_) => {
                key.says(format!("it is not the key of the first certificate of {}", chain.name))
            }
            Error::InvalidCertificate(_) => chain.says("the first certificate in it is damaged"),
            _ => key.says("the key in it is damaged, or of a kind that TLS does not use"),
        },
    )?;
    Ok((certificates, private))
}

/// Why there is no safe connection to a server.
pub(crate) fn words(error: &Error) -> String {
    let why = match error {
        Error::InvalidCertificate(why) => certificate(why),
        Error::InvalidMessage(
            InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge,
        ) => "its certificates are larger than any that are taken (64 KiB)".to_owned(),
        Error::InvalidMessage(_) => {
            "what answers there does not speak TLS: is it http, or another port?".to_owned()
        }
        // That is all there is to know it by.
        Error::General(why) if why.contains("No CA certificates") => {
            "this system has no certificates of authorities: install ca-certificates, or name a \
             file (--ca FILE)"
                .to_owned()
        }
        Error::PeerIncompatible(why) => {
            format!("it offers no TLS that is safe, which 1.2 and 1.3 are ({why:?})")
        }
        Error::AlertReceived(Alert::ProtocolVersion | Alert::InsufficientSecurity) => {
            "it offers no TLS that is safe, which 1.2 and 1.3 are".to_owned()
        }
        Error::AlertReceived(Alert::HandshakeFailure) => {
            "it refuses: it knows none of the ciphers that are safe, or wants a client certificate \
             (--client-cert, --client-key)"
                .to_owned()
        }
        Error::AlertReceived(alert) if is_of_client(*alert) => format!(
            "it wants a client certificate that it knows (--client-cert, --client-key): {alert:?}"
        ),
        Error::AlertReceived(alert) => format!("it refuses: {alert:?}"),
        other => other.to_string(),
    };
    format!("no safe connection: {}", why.chars().take(LONGEST).collect::<String>())
}

fn is_of_client(alert: Alert) -> bool {
    matches!(
        alert,
        Alert::CertificateRequired
            | Alert::NoCertificate
            | Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError
    )
}

fn certificate(why: &CertificateError) -> String {
    use CertificateError as Bad;
    match why {
        Bad::UnknownIssuer => {
            "nobody who is trusted here signed its certificate (--ca FILE for a CA of your own)"
                .to_owned()
        }
        Bad::BadSignature => {
            "its certificate is signed by another CA of the same name as one that is trusted here \
             (--ca FILE for a CA of your own)"
                .to_owned()
        }
        Bad::ExpiredContext { not_after, .. } => {
            format!("its certificate expired on {}, or the clock here is wrong", day(*not_after))
        }
        Bad::NotValidYetContext { not_before, .. } => format!(
            "its certificate is valid from {} on, or the clock here is wrong",
            day(*not_before)
        ),
        Bad::NotValidForNameContext { expected, presented } => {
            let names: Vec<&str> = presented.iter().take(NAMES).map(String::as_str).collect();
            let more = if presented.len() > NAMES { ", …" } else { "" };
            let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
            let expected = expected.to_str();
            format!("its certificate is not for {expected}, but for {names}{more}")
        }
        // The library says it by its name only.
        Bad::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "its certificate is a CA's own, which no server may show as its own: give it one that \
             the CA signs"
                .to_owned()
        }
        other => format!("its certificate is not accepted: {other}"),
    }
}

fn day(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).ok();
    let time = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| "a day that is none".to_owned(), |it| it.strftime("%Y-%m-%d").to_string())
}
