//! Access tokens: JWT (RFC 7519) signed with HMAC-SHA-256 (RFC 7518), as every LiveKit client carries them.
//!
//! There are many keys: the server's own, and one per integration. The issuer is read from the unverified claims to
//! pick the secret; nothing else of them is believed before the signature holds. The time is told, never read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use lianxian_model::link::{LinkRights, PublishRights};
use lianxian_model::time::Millis;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::collections::{BTreeMap, HashMap};

/// Seconds by which clocks of signer and server may differ.
pub const LEEWAY_S: i64 = 30;
/// Bytes of a token, and of the identity in it.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;
pub const MAX_IDENTITY_BYTES: usize = 256;
pub const MAX_ROOM_BYTES: usize = 256;

/// What a token says, verified. Unknown claims are ignored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The key that signed it.
    #[serde(default)]
    pub iss: String,
    /// The identity.
    #[serde(default)]
    pub sub: String,
    /// Seconds since 1970, UTC.
    pub exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub metadata: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub video: VideoGrant,
    /// Of our own tokens alone: which device token it was issued under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<String>,
}

/// The `video` claim. An absent `can…` means yes, except for the link's own metadata.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VideoGrant {
    pub room_join: bool,
    pub room: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe: Option<bool>,
    /// Absent: as `can_publish`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish_data: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "canUpdateOwnMetadata")]
    pub can_update_own_metadata: Option<bool>,
    /// `camera`, `microphone`, `screen_share`, `screen_share_audio`; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub can_publish_sources: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

impl VideoGrant {
    pub fn rights(&self) -> LinkRights {
        let publish = self.can_publish.unwrap_or(true);
        let named = |source: &str| {
            publish
                && (self.can_publish_sources.is_empty()
                    || self.can_publish_sources.iter().any(|s| s.eq_ignore_ascii_case(source)))
        };
        LinkRights {
            may_publish: PublishRights {
                camera: named("camera"),
                microphone: named("microphone"),
                screen: named("screen_share"),
            },
            may_subscribe: self.can_subscribe.unwrap_or(true),
            may_publish_data: self.can_publish_data.unwrap_or(publish),
            may_update_metadata: self.can_update_own_metadata.unwrap_or(false),
            hidden: self.hidden,
        }
    }

    /// The claim that gives these rights in this room.
    pub fn of(room: &str, rights: LinkRights) -> Self {
        let publish = rights.may_publish;
        let mut sources = Vec::new();
        if publish.any() && !publish.all() {
            let named = [
                (publish.camera, "camera"),
                (publish.microphone, "microphone"),
                (publish.screen, "screen_share"),
                (publish.screen, "screen_share_audio"),
            ];
            sources = named.iter().filter(|(may, _)| *may).map(|(_, name)| (*name).to_owned()).collect();
        }
        Self {
            room_join: true,
            room: room.to_owned(),
            can_publish: Some(publish.any()),
            can_subscribe: Some(rights.may_subscribe),
            can_publish_data: Some(rights.may_publish_data),
            can_update_own_metadata: Some(rights.may_update_metadata),
            can_publish_sources: sources,
            hidden: rights.hidden,
        }
    }
}

/// Why a token is not good. The texts are shown to whoever connects; they hold nothing of the token or the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("no access token")]
    Missing,
    #[error("the access token is not a signed JWT")]
    Malformed,
    #[error("the access token is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    #[error("the access token must be signed with HS256")]
    Algorithm,
    #[error("the access token's key is unknown")]
    UnknownKey,
    #[error("the access token's signature is wrong")]
    Signature,
    #[error("the access token is expired")]
    Expired,
    #[error("the access token is not valid yet")]
    NotYet,
    #[error("the access token names no identity, or one longer than {MAX_IDENTITY_BYTES} bytes")]
    Identity,
    #[error("the access token gives no right to join a room")]
    NoJoin,
    #[error("the access token names no room, or one with a name longer than {MAX_ROOM_BYTES} bytes")]
    Room,
}

impl TokenError {
    /// A good signature without the right: 403. Everything else: 401.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, TokenError::NoJoin | TokenError::Room)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Issuer {
    #[serde(default)]
    iss: String,
}

/// The keys that this server believes.
#[derive(Clone, Default)]
pub struct Keys {
    secrets: HashMap<String, Vec<u8>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.secrets.keys()).finish()
    }
}

impl Keys {
    pub fn add(&mut self, key: &str, secret: &[u8]) {
        self.secrets.insert(key.to_owned(), secret.to_vec());
    }

    /// Signs the claims with the key that `iss` names.
    ///
    /// # Errors
    /// [`TokenError::UnknownKey`] if there is no such key.
    pub fn sign(&self, claims: &Claims) -> Result<String, TokenError> {
        let secret = self.secrets.get(&claims.iss).ok_or(TokenError::UnknownKey)?;
        let body = serde_json::to_vec(claims).map_err(|_| TokenError::Malformed)?;
        let mut token = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(body));
        let tag = mac(secret)?.chain_update(token.as_bytes()).finalize().into_bytes();
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(tag));
        Ok(token)
    }

    /// Verifies signature, times, identity and the right to join a room.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn verify(&self, token: &str, now: Millis) -> Result<Claims, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let (signed, tag) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, body) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Malformed)?;
        if header.alg != "HS256" {
            return Err(TokenError::Algorithm);
        }
        let body = decode(body)?;
        let unverified: Issuer = serde_json::from_slice(&body).map_err(|_| TokenError::Malformed)?;
        let secret = self.secrets.get(&unverified.iss).ok_or(TokenError::UnknownKey)?;
        mac(secret)?.chain_update(signed.as_bytes()).verify_slice(&decode(tag)?).map_err(|_| TokenError::Signature)?;
        let claims: Claims = serde_json::from_slice(&body).map_err(|_| TokenError::Malformed)?;
        let now_s = now.0.div_euclid(1000);
        if now_s >= claims.exp.saturating_add(LEEWAY_S) {
            return Err(TokenError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| now_s < nbf.saturating_sub(LEEWAY_S)) {
            return Err(TokenError::NotYet);
        }
        if claims.sub.is_empty() || claims.sub.len() > MAX_IDENTITY_BYTES {
            return Err(TokenError::Identity);
        }
        if !claims.video.room_join {
            return Err(TokenError::NoJoin);
        }
        if claims.video.room.is_empty() || claims.video.room.len() > MAX_ROOM_BYTES {
            return Err(TokenError::Room);
        }
        Ok(claims)
    }
}

fn mac(secret: &[u8]) -> Result<Hmac<Sha256>, TokenError> {
    Hmac::<Sha256>::new_from_slice(secret).map_err(|_| TokenError::UnknownKey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use livekit_api::access_token::{AccessToken, TokenVerifier, VideoGrants};
    use proptest::prelude::*;
    use std::time::Duration;

    const NOW: Millis = Millis(1_900_000_000_000);

    fn keys() -> Keys {
        let mut keys = Keys::default();
        keys.add("lianxian", b"own-secret");
        keys.add("court", b"another-secret-altogether");
        keys
    }

    fn claims(key: &str) -> Claims {
        Claims {
            iss: key.into(),
            sub: "e1".into(),
            exp: 1_900_000_600,
            nbf: Some(1_900_000_000),
            name: "华明街道司法所".into(),
            metadata: "m".into(),
            attributes: BTreeMap::from([("kind".into(), "station".into())]),
            video: VideoGrant { room_join: true, room: "net".into(), ..VideoGrant::default() },
            enrolment: None,
        }
    }

    #[test]
    fn each_key_verifies_its_own_tokens_alone() {
        let keys = keys();
        for key in ["lianxian", "court"] {
            let token = keys.sign(&claims(key)).unwrap();
            assert_eq!(keys.verify(&token, NOW).unwrap(), claims(key));
        }
        let mut forged = keys.clone();
        forged.add("lianxian", b"guess");
        let token = forged.sign(&claims("lianxian")).unwrap();
        assert_eq!(keys.verify(&token, NOW), Err(TokenError::Signature));
        assert_eq!(keys.sign(&claims("nobody")), Err(TokenError::UnknownKey));
    }

    #[test]
    fn times_are_checked_with_the_leeway() {
        let keys = keys();
        let token = keys.sign(&claims("lianxian")).unwrap();
        let at = |s: i64| keys.verify(&token, Millis(s * 1000)).err();
        assert_eq!(at(1_900_000_600 + LEEWAY_S - 1), None);
        assert_eq!(at(1_900_000_600 + LEEWAY_S), Some(TokenError::Expired));
        assert_eq!(at(1_900_000_000 - LEEWAY_S), None);
        assert_eq!(at(1_900_000_000 - LEEWAY_S - 1), Some(TokenError::NotYet));
    }

    #[test]
    fn an_unsigned_or_differently_signed_token_is_refused() {
        let keys = keys();
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims("lianxian")).unwrap());
        for alg in ["none", "HS512", "RS256"] {
            let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}"}}"#));
            assert_eq!(keys.verify(&format!("{header}.{body}."), NOW), Err(TokenError::Algorithm));
        }
        for garbage in ["x", "..", "a.b.c", &"é".repeat(99), &"x".repeat(MAX_TOKEN_BYTES + 1)] {
            assert!(keys.verify(garbage, NOW).is_err(), "{garbage}");
        }
    }

    #[test]
    fn a_token_without_identity_or_room_is_refused() {
        let keys = keys();
        let check = |change: fn(&mut Claims)| {
            let mut claims = claims("lianxian");
            change(&mut claims);
            keys.verify(&keys.sign(&claims).unwrap(), NOW).err()
        };
        assert_eq!(check(|c| c.sub.clear()), Some(TokenError::Identity));
        assert_eq!(check(|c| c.video.room_join = false), Some(TokenError::NoJoin));
        assert_eq!(check(|c| c.video.room.clear()), Some(TokenError::Room));
    }

    #[test]
    fn rights_survive_the_token() {
        for bits in 0..64u8 {
            let bit = |n: u8| bits >> n & 1 == 1;
            let rights = LinkRights {
                may_publish: PublishRights { camera: bit(0), microphone: bit(1), screen: bit(2) },
                may_subscribe: bit(3),
                may_publish_data: bit(4),
                may_update_metadata: bit(5),
                hidden: bit(0) ^ bit(5),
            };
            let text = serde_json::to_string(&VideoGrant::of("r", rights)).unwrap();
            assert_eq!(serde_json::from_str::<VideoGrant>(&text).unwrap().rights(), rights, "{text}");
        }
        assert!(VideoGrant::default().rights().may_publish.all(), "absent means yes");
        assert!(!VideoGrant::default().rights().may_update_metadata, "absent means no for one's own metadata");
    }

    #[test]
    fn tokens_are_exchanged_with_the_sdk() {
        let now = Millis(i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap());
        let theirs = AccessToken::with_api_key("court", "another-secret-altogether")
            .with_identity("judge")
            .with_name("法官")
            .with_attributes([("seat", "3")])
            .with_ttl(Duration::from_secs(60))
            .with_grants(VideoGrants {
                room_join: true,
                room: "r".into(),
                can_publish: Some(false),
                ..Default::default()
            })
            .to_jwt()
            .unwrap();
        let read = keys().verify(&theirs, now).unwrap();
        assert_eq!((read.sub.as_str(), read.name.as_str(), read.attributes["seat"].as_str()), ("judge", "法官", "3"));
        assert!(!read.video.rights().may_publish.any() && !read.video.rights().may_publish_data);

        let mut ours = claims("court");
        ours.exp = now.0 / 1000 + 60;
        ours.nbf = Some(now.0 / 1000);
        let token = keys().sign(&ours).unwrap();
        let read = TokenVerifier::with_api_key("court", "another-secret-altogether").verify(&token).unwrap();
        assert_eq!((read.sub.as_str(), read.video.room.as_str()), ("e1", "net"));
    }

    proptest! {
        #[test]
        fn any_token_is_survived(
            text in any::<String>(),
            parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..4),
            claims in "[ -~]{0,80}",
        ) {
            let keys = keys();
            let encoded = |parts: &[Vec<u8>]| parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".");
            let _ = keys.verify(&text, NOW);
            let _ = keys.verify(&encoded(&parts), NOW);
            // Rightly signed, and what is signed is anything.
            for body in [claims.clone(), format!(r#"{{"iss":"court","exp":{claims}"#), format!(r#"{{"iss":"court",{claims}}}"#)] {
                let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode(body));
                let tag = mac(b"another-secret-altogether").unwrap().chain_update(signed.as_bytes()).finalize().into_bytes();
                let _ = keys.verify(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)), NOW);
            }
        }

        #[test]
        fn what_is_signed_is_read_as_it_was(
            sub in "[^\u{0}]{1,60}",
            room in "\\PC{1,60}",
            name in any::<String>(),
            attributes in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..4),
            can_publish: Option<bool>,
            hidden: bool,
            at in any::<proptest::sample::Index>(),
        ) {
            let keys = keys();
            let video = VideoGrant { room_join: true, room, can_publish, hidden, ..VideoGrant::default() };
            let claims = Claims { sub, name, attributes, video, ..claims("court") };
            let token = keys.sign(&claims).unwrap();
            if token.len() <= MAX_TOKEN_BYTES {
                prop_assert_eq!(keys.verify(&token, NOW), Ok(claims));
            }
            // A letter changed anywhere, and it is refused.
            let at = at.index(token.len());
            let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut changed = token.clone();
            changed.replace_range(at..=at, other);
            // The last letter of a part has bits that say nothing.
            let same = |one: &str, other: &str| one.split('.').zip(other.split('.')).all(|(one, other)| {
                URL_SAFE_NO_PAD.decode(one).ok() == URL_SAFE_NO_PAD.decode(other).ok()
            });
            prop_assert!(same(&token, &changed) || keys.verify(&changed, NOW).is_err());
        }
    }
}
