//! The certificate authority of one data folder: made once, kept with its key, so that an office installs it once.
//! Server certificates are made anew at each start and live in memory alone.

use super::provider;
use crate::error::ApiError;
use lianxian_model::time::Millis;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::sign::CertifiedKey;

/// Life of the authority, and of a server certificate (browsers take at most 398 days).
const AUTHORITY_DAYS: i64 = 20 * 365;
pub(super) const CERTIFICATE_DAYS: i64 = 396;
/// A server certificate is replaced when it has this long to live.
pub(super) const RENEW_DAYS: i64 = 60;
/// Clocks of offices run behind: certificates begin a day early.
const EARLY_DAYS: i64 = 1;

pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// The folder's authority; made if there is none yet.
    pub(super) fn open(dir: &Path, now: Millis) -> Result<Self, ApiError> {
        let (pem_path, key_path) = (dir.join("ca.pem"), dir.join("ca.key"));
        match (pem_path.exists(), key_path.exists()) {
            // Without its key it can sign nothing, and a new one would be trusted by no office: somebody must decide.
            (true, false) => return Err(ApiError::HalfAuthority { present: pem_path, missing: key_path }),
            (false, _) => make(dir, &pem_path, &key_path, now)?,
            (true, true) => {}
        }
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|source| ApiError::File { path: path.clone(), source })
        };
        let (pem, key) = (read(&pem_path)?, read(&key_path)?);
        let unreadable =
            |path: &PathBuf, error: rcgen::Error| ApiError::Pem { path: path.clone(), detail: error.to_string() };
        let key = KeyPair::from_pem(&key).map_err(|error| unreadable(&key_path, error))?;
        let issuer = Issuer::from_ca_cert_pem(&pem, key).map_err(|error| unreadable(&pem_path, error))?;
        Ok(Self { issuer, pem })
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// A server certificate for these names, with a new key; and when to make the next.
    pub(super) fn certify(&self, names: &BTreeSet<String>, now: Millis) -> Result<(CertifiedKey, Millis), ApiError> {
        let failed = |detail: String| ApiError::Certificate {
            names: names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
            detail,
        };
        let signed = || -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
            let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
            params.distinguished_name.push(DnType::OrganizationName, "Lianxian");
            params.distinguished_name.push(DnType::CommonName, "Lianxian server");
            params.not_before = moment(now) - Duration::days(EARLY_DAYS);
            params.not_after = moment(now) + Duration::days(CERTIFICATE_DAYS);
            params.use_authority_key_identifier_extension = true;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            let key = KeyPair::generate()?;
            Ok((params.signed_by(&key, &self.issuer)?, key))
        };
        let (certificate, key) = signed().map_err(|error| failed(error.to_string()))?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|error| failed(error.to_owned()))?;
        let certified = CertifiedKey::from_der(vec![certificate.der().clone()], key, &provider())?;
        let renew_at = Millis(now.0 + (CERTIFICATE_DAYS - RENEW_DAYS) * 86_400_000);
        Ok((certified, renew_at))
    }
}

/// Writes a new authority. The certificate comes last: without it the folder counts as empty.
fn make(dir: &Path, pem_path: &Path, key_path: &Path, now: Millis) -> Result<(), ApiError> {
    let made = || -> Result<(String, String), rcgen::Error> {
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        params.distinguished_name.push(DnType::OrganizationName, "Lianxian");
        // A name of its own, so that two installations are told apart in an office's list of authorities.
        params.distinguished_name.push(DnType::CommonName, format!("Lianxian CA {} {}", host.trim(), now.0 / 1000));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = moment(now) - Duration::days(EARLY_DAYS);
        params.not_after = moment(now) + Duration::days(AUTHORITY_DAYS);
        let key = KeyPair::generate()?;
        Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
    };
    let (pem, key) =
        made().map_err(|error| ApiError::Certificate { names: "the CA".into(), detail: error.to_string() })?;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| ApiError::File { path: dir.to_owned(), source })?;
    write(key_path, &key, 0o600)?;
    write(pem_path, &pem, 0o644)
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, text: &str, mode: u32) -> Result<(), ApiError> {
    let failed = |source| ApiError::File { path: path.to_owned(), source };
    let beside = path.with_extension("new");
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&beside).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}

fn moment(now: Millis) -> OffsetDateTime {
    // A clock outside the years that a certificate can say is set to their beginning.
    OffsetDateTime::from_unix_timestamp(now.0.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
