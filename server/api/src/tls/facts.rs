//! What a certificate says of itself: until when it is good, and for which names. For looking it over, not for trusting it.

use super::files::Files;
use crate::config::Tls;
use crate::error::ApiError;
use lianxian_model::time::Millis;
use std::path::Path;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub from: Millis,
    pub until: Millis,
    /// Host names and addresses, as text.
    pub names: Vec<String>,
}

/// Of a certificate in DER; `None` when it is none.
pub fn certificate_facts(der: &[u8]) -> Option<Facts> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.into_iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    });
    let millis = |seconds: i64| Millis(seconds.saturating_mul(1000));
    Some(Facts {
        from: millis(validity.not_before.timestamp()),
        until: millis(validity.not_after.timestamp()),
        names: names.collect(),
    })
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::IpAddr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| std::net::IpAddr::from(sixteen).to_string())
}

/// What lies on the disk for this way of TLS: the given certificate, with a key that fits it; or our own authority. `None` when there
/// is nothing yet, and with TLS off. Writes nothing.
///
/// # Errors
/// A file cannot be read, or is not what it must be.
pub fn certificate_on_disk(tls: &Tls) -> Result<Option<Facts>, ApiError> {
    let (path, der) = match tls {
        Tls::Off => return Ok(None),
        Tls::Files { certificate, key } => {
            let shown = Files::new(certificate.clone(), key.clone()).load()?;
            (certificate.clone(), shown.cert.first().map(|first| first.to_vec()))
        }
        Tls::SelfMade { dir } => {
            let (pem, key) = (dir.join("ca.pem"), dir.join("ca.key"));
            match (pem.exists(), key.exists()) {
                (true, true) => (pem.clone(), Some(read(&pem)?)),
                (true, false) => return Err(ApiError::HalfAuthority { present: pem, missing: key }),
                (false, _) => return Ok(None),
            }
        }
    };
    let facts = der.as_deref().and_then(certificate_facts);
    let facts = facts.ok_or_else(|| ApiError::Pem { path, detail: "it holds no certificate".into() })?;
    Ok(Some(facts))
}

fn read(path: &Path) -> Result<Vec<u8>, ApiError> {
    let bad = |error: tokio_rustls::rustls::pki_types::pem::Error| ApiError::Pem {
        path: path.to_owned(),
        detail: error.to_string(),
    };
    Ok(CertificateDer::from_pem_file(path).map_err(bad)?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_tells_its_names_and_its_end() {
        let names = vec!["lianxian.local".to_owned(), "10.1.2.3".to_owned()];
        let mut params = rcgen::CertificateParams::new(names.clone()).unwrap();
        params.not_before = rcgen::date_time_ymd(2026, 11, 1);
        params.not_after = rcgen::date_time_ymd(2026, 12, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let facts = certificate_facts(certificate.der()).unwrap();
        assert_eq!(facts.names, names);
        assert_eq!(facts.until.0 - facts.from.0, 30 * 86_400_000);
        assert_eq!(certificate_facts(b"no certificate"), None);

        let folder = tempfile::tempdir().unwrap();
        let (pem, other) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        let files = Tls::Files { certificate: pem.clone(), key: other.clone() };
        assert!(certificate_on_disk(&files).is_err(), "nothing there");
        std::fs::write(&pem, certificate.pem()).unwrap();
        std::fs::write(&other, key.serialize_pem()).unwrap();
        assert_eq!(certificate_on_disk(&files).unwrap(), Some(facts));
        let another = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&other, another.serialize_pem()).unwrap();
        assert!(certificate_on_disk(&files).is_err(), "a key of another certificate");

        let own = Tls::SelfMade { dir: folder.path().join("tls") };
        assert_eq!(certificate_on_disk(&own).unwrap(), None);
        assert!(!folder.path().join("tls").exists(), "looking makes nothing");
    }
}
