//! Ids, tokens, codes and password hashes. The only place of the service that draws randomness.

use crate::error::{ServiceError, ServiceResult};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use bytes::Bytes;
use lianxian_model::time::Millis;
use rand::Rng;
use sha2::{Digest, Sha256};
use std::sync::Mutex;
use uuid::{ContextV7, Timestamp, Uuid};

/// Counts within a millisecond, so that what one command makes keeps its order in every list (RFC 9562, section 6.2).
static ID_ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// A UUIDv7 (RFC 9562) of this time, later than those made before it.
pub(crate) fn new_id(now: Millis) -> String {
    let ms = u64::try_from(now.0).unwrap_or(0);
    let nanos = u32::try_from(ms % 1000 * 1_000_000).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(&ID_ORDER, ms / 1000, nanos)).to_string()
}

/// 256 random bits, hex.
pub(crate) fn new_token() -> String {
    let mut random = [0u8; 32];
    rand::rng().fill(&mut random);
    hex::encode(random)
}

/// The random part of a participant's, track's or room's id: 80 bits, so that it cannot be guessed.
pub(crate) fn new_link_id() -> String {
    let mut random = [0u8; 10];
    rand::rng().fill(&mut random);
    hex::encode(random)
}

/// Eight random digits, `1234-5678`.
pub(crate) fn new_code() -> String {
    let number: u32 = rand::rng().random_range(0..100_000_000);
    format!("{:04}-{:04}", number / 10_000, number % 10_000)
}

/// A password that satisfies the rules, without letters that are mistaken for each other.
pub(crate) fn new_password() -> String {
    const CLASSES: [&str; 4] = ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "-+=#%"];
    let mut random = rand::rng();
    let mut pick = |class: &str| {
        let at = random.random_range(0..class.len());
        class.as_bytes().get(at).map_or('x', |byte| char::from(*byte))
    };
    let mut password = String::new();
    for round in 0..4 {
        for class in &CLASSES[..if round == 3 { 3 } else { 4 }] {
            password.push(pick(class));
        }
    }
    password
}

/// SHA-256, hex.
pub(crate) fn hash_text(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// As [`hash_text`], of bytes, off the async threads: a file is hashed for tens of milliseconds.
pub(crate) async fn hash_bytes(bytes: &Bytes) -> ServiceResult<String> {
    let bytes = bytes.clone();
    let hash = tokio::task::spawn_blocking(move || hex::encode(Sha256::digest(&bytes)));
    hash.await.map_err(ServiceError::internal)
}

/// Argon2id (RFC 9106, default parameters), off the async threads.
pub(crate) async fn hash_password(password: &str) -> ServiceResult<String> {
    let password = password.to_owned();
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| ServiceError::internal(format!("hashing failed: {error}")))
    })
    .await
    .map_err(ServiceError::internal)?
}

/// Whether the password is the one of the hash. Takes as long for an account that does not exist: give `None`.
pub(crate) async fn verify_password(password: &str, hash: Option<&str>) -> ServiceResult<bool> {
    /// Argon2id of no password at all, with the same parameters as ours.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$R/LTrhiNvWSTGDMJqCDBJ1cAlMZ0fHzTdBSFBDO0WFM";
    let known = hash.is_some();
    let (password, hash) = (password.to_owned(), hash.unwrap_or(NOBODY).to_owned());
    tokio::task::spawn_blocking(move || {
        let hash = PasswordHash::new(&hash)
            .map_err(|error| ServiceError::internal(format!("a stored password hash is unreadable: {error}")))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known)
    })
    .await
    .map_err(ServiceError::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use lianxian_model::people::check_password;

    #[test]
    fn made_passwords_satisfy_the_rules_and_differ() {
        let made: std::collections::BTreeSet<String> = (0..50).map(|_| new_password()).collect();
        assert_eq!(made.len(), 50);
        for password in made {
            assert_eq!(check_password(&password, "sysadmin"), Ok(()), "{password}");
        }
    }

    #[test]
    fn ids_sort_by_birth() {
        let early = new_id(Millis(1_700_000_000_000));
        let late = new_id(Millis(1_700_000_000_001));
        assert!(early < late);
        assert_eq!(early.len(), 36);
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let hash = hash_password("Dongli-2026").await.expect("hashes");
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("Dongli-2026", Some(&hash)).await.expect("verifies"));
        assert!(!verify_password("Dongli-2027", Some(&hash)).await.expect("verifies"));
        assert!(!verify_password("Dongli-2026", None).await.expect("verifies"));
    }
}
