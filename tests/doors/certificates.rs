//! Certificates and keys, minted when they are needed.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Somebody who signs certificates.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate and those above it, without the root.
    above: Vec<CertificateDer<'static>>,
}

/// What a server, or a client, shows.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// The first of the chain.
    pub(crate) pem: String,
    key: KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("A CA of the tests")
    }

    pub(crate) fn named(name: &str) -> Self {
        let key = key();
        let params = of_authority(name);
        let certificate = params.self_signed(&key).expect("it signs itself");
        let issuer = Issuer::new(params, key);
        Self { pem: certificate.pem(), issuer, above: Vec::new() }
    }

    /// An authority below this one.
    pub(crate) fn intermediate(&self) -> Self {
        let key = key();
        let params = of_authority("An intermediate CA of the tests");
        let certificate = params.signed_by(&key, &self.issuer).expect("it signs");
        let above = [vec![certificate.der().clone()], self.above.clone()].concat();
        Self { pem: certificate.pem(), issuer: Issuer::new(params, key), above }
    }

    /// A certificate for these names and addresses.
    pub(crate) fn server(&self, names: &[&str]) -> Identity {
        self.sign(&for_names(names))
    }

    pub(crate) fn client(&self) -> Identity {
        let mut params = for_names(&[]);
        params.distinguished_name.push(DnType::CommonName, "A client of the tests");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&params)
    }

    pub(crate) fn sign(&self, params: &CertificateParams) -> Identity {
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("it signs");
        let chain = [vec![certificate.der().clone()], self.above.clone()].concat();
        Identity { chain, pem: certificate.pem(), key }
    }
}

impl Identity {
    /// One that nobody but itself signed.
    pub(crate) fn self_signed(params: &CertificateParams) -> Self {
        let key = key();
        let certificate = params.self_signed(&key).expect("it signs itself");
        Self { chain: vec![certificate.der().clone()], pem: certificate.pem(), key }
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.serialize_der()).expect("a key")
    }

    pub(crate) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}

pub(crate) fn for_names(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// `localhost` and as many other names.
pub(crate) fn for_many_names(more: usize) -> CertificateParams {
    let mut params = for_names(&["localhost"]);
    let name = |number| format!("host-{number}.test.invalid").try_into().expect("a name");
    params.subject_alt_names.extend((0..more).map(|number| SanType::DnsName(name(number))));
    params
}

/// What makes a certificate that of an authority.
pub(crate) fn of_authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}
