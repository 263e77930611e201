//! The certificate that a client would check.

use super::*;
use std::os::unix::fs::PermissionsExt as _;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{Error, RootCertStore};

const NOW: Millis = Millis(1_900_000_000_000);
const DAY_MS: i64 = 86_400_000;

fn config(tls: Tls, names: &[&str]) -> ApiConfig {
    ApiConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        tls,
        integration_keys: Vec::new(),
        public_names: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn open(dir: &std::path::Path, names: &[&str]) -> Certificates {
    let config = config(Tls::SelfMade { dir: dir.to_owned() }, names);
    Certificates::open(&config, "127.0.0.1:8443".parse().unwrap(), NOW).unwrap().unwrap()
}

/// Whether a client that trusts the authority takes the certificate for the name at that time.
fn check(certificates: &Certificates, name: &str, at: Millis) -> Result<(), Error> {
    let ca = CertificateDer::from_pem_slice(certificates.ca_pem.as_ref().unwrap().as_bytes()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(ca).unwrap();
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().unwrap();
    let shown = certificates.shown.0.read().unwrap().clone();
    let at = UnixTime::since_unix_epoch(Duration::from_millis(at.0 as u64));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(&shown.cert[0], &[], &name, &[], at).map(|_| ())
}

#[test]
fn the_authority_is_made_once_and_its_key_is_secret() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("tls");
    let first = open(&folder, &["lianxian.dongli.gov"]);
    let again = open(&folder, &["lianxian.dongli.gov"]);
    assert_eq!(first.ca_pem, again.ca_pem);
    assert_eq!(std::fs::metadata(folder.join("ca.key")).unwrap().permissions().mode() & 0o777, 0o600);
    for name in ["localhost", "127.0.0.1", "lianxian.dongli.gov"] {
        assert_eq!(check(&again, name, NOW), Ok(()), "{name}");
    }
    assert!(check(&again, "elsewhere.gov", NOW).is_err());
}

#[test]
fn a_certificate_lives_less_than_398_days_and_is_renewed_before_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut certificates = open(dir.path(), &[]);
    assert_eq!(check(&certificates, "localhost", Millis(NOW.0 + 395 * DAY_MS)), Ok(()));
    assert!(check(&certificates, "localhost", Millis(NOW.0 + 397 * DAY_MS)).is_err());
    assert!(certificates.fresher(Millis(NOW.0 + 30 * DAY_MS)).unwrap().is_none());
    let later = Millis(NOW.0 + (authority::CERTIFICATE_DAYS - authority::RENEW_DAYS) * DAY_MS);
    let fresh = certificates.fresher(later).unwrap().expect("it is time");
    *certificates.shown.0.write().unwrap() = Arc::new(fresh);
    assert_eq!(check(&certificates, "localhost", Millis(later.0 + 390 * DAY_MS)), Ok(()));
    assert!(certificates.fresher(later).unwrap().is_none());
}

#[test]
fn a_new_name_brings_a_new_certificate_of_the_same_authority() {
    let dir = tempfile::tempdir().unwrap();
    let before = open(dir.path(), &[]);
    assert!(check(&before, "10.1.2.3", NOW).is_err());
    let after = open(dir.path(), &["10.1.2.3"]);
    assert_eq!(check(&after, "10.1.2.3", NOW), Ok(()));
    assert_eq!(before.ca_pem, after.ca_pem);
}

#[test]
fn an_authority_without_its_key_is_never_replaced_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), &[]);
    std::fs::remove_file(dir.path().join("ca.key")).unwrap();
    let config = config(Tls::SelfMade { dir: dir.path().to_owned() }, &[]);
    let refused = Certificates::open(&config, "127.0.0.1:8443".parse().unwrap(), NOW);
    assert!(matches!(refused, Err(ApiError::HalfAuthority { .. })));
}

#[test]
fn a_name_that_no_certificate_can_say_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(Tls::SelfMade { dir: dir.path().to_owned() }, &["连线.gov"]);
    let refused = Certificates::open(&config, "127.0.0.1:8443".parse().unwrap(), NOW);
    let Err(error @ ApiError::Certificate { .. }) = refused else { panic!("not refused") };
    assert!(error.to_string().contains("连线.gov"));
}

#[test]
fn given_files_are_read_again_when_they_change() {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = (dir.path().join("server.pem"), dir.path().join("server.key"));
    let write = |name: &str| {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        made.cert.der().to_vec()
    };
    let first = write("one.gov");
    let tls = Tls::Files { certificate: certificate.clone(), key: key.clone() };
    let mut certificates = Certificates::open(&config(tls.clone(), &[]), "127.0.0.1:1".parse().unwrap(), NOW);
    let certificates = certificates.as_mut().unwrap().as_mut().unwrap();
    assert_eq!(certificates.shown.0.read().unwrap().cert[0].to_vec(), first);
    assert!(certificates.fresher(NOW).unwrap().is_none());
    let second = write("two.gov");
    let later = std::time::SystemTime::now() + Duration::from_secs(5);
    std::fs::File::options().write(true).open(&certificate).unwrap().set_modified(later).unwrap();
    assert_eq!(certificates.fresher(NOW).unwrap().unwrap().cert[0].to_vec(), second);
    std::fs::write(&key, "no key").unwrap();
    let broken = Certificates::open(&config(tls, &[]), "127.0.0.1:1".parse().unwrap(), NOW);
    assert!(matches!(broken, Err(ApiError::Pem { path, .. }) if path == key));
}
