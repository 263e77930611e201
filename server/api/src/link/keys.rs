//! Who may come through the door: tokens of the server's own key lead to the net room and nowhere else; tokens of
//! integration keys lead anywhere but there.

use crate::config::IntegrationKey;
use crate::error::ApiError;
use crate::limits;
use crate::tls::write_secret;
use axum::http::StatusCode;
use lianxian_model::ids::EndpointId;
use lianxian_model::link::{LinkRights, NET_ROOM};
use lianxian_model::time::Millis;
use lianxian_service::enrolments::LinkIdentity;
use lianxian_service::net::{Guest, Whom};
use lianxian_service::ports::record::Enrolment;
use lianxian_signaling::token::{Claims, Keys, LEEWAY_S, TokenError, VideoGrant};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

/// The name of the server's own key. An integration key has to be called something else.
const OWN: &str = "lianxian";

/// The secret of the server's own tokens: kept in the TLS folder, so that consoles and stations come back by
/// themselves after a restart; without such a folder, made at each start.
pub(crate) struct OwnKey(String);

impl OwnKey {
    pub(crate) fn open(dir: Option<&Path>) -> Result<Self, ApiError> {
        let fresh = || hex::encode(rand::random::<[u8; 32]>());
        let Some(dir) = dir else { return Ok(Self(fresh())) };
        let path = dir.join("link.key");
        match std::fs::read_to_string(&path) {
            Ok(text) if text.trim().len() >= 64 => Ok(Self(text.trim().to_owned())),
            Ok(_) => Err(ApiError::Pem { path, detail: "too short to be a key: remove it to have one made".into() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let made = fresh();
                write_secret(&path, &made)?;
                Ok(Self(made))
            }
            Err(source) => Err(ApiError::File { path, source }),
        }
    }
}

/// Why somebody stays outside: the status and the text that the client shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("the access token's key gives no right to this room")]
    Room,
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Refusal::Token(error) if !error.is_forbidden() => StatusCode::UNAUTHORIZED,
            _ => StatusCode::FORBIDDEN,
        }
    }

    /// A stable word for counters.
    pub(crate) fn cause(&self) -> &'static str {
        match self {
            Refusal::Token(error) if !error.is_forbidden() => "token",
            _ => "room",
        }
    }
}

/// Somebody whose token is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    pub(crate) whom: Whom,
    /// The key that a fresh token is signed with, the identity and the room that it names.
    key: String,
    pub(crate) identity: String,
    room: String,
}

/// Whom a token is signed for, and with which key.
struct Holder<'a> {
    key: &'a str,
    identity: &'a str,
    room: &'a str,
    enrolment: Option<&'a Enrolment>,
}

/// A signed token and when it ends.
pub(crate) struct Signed {
    pub(crate) token: String,
    pub(crate) expires: Millis,
}

pub(crate) struct Doorkeeper {
    keys: Keys,
    purposes: HashMap<String, String>,
}

impl Doorkeeper {
    pub(crate) fn new(own: OwnKey, integrations: &[IntegrationKey]) -> Self {
        let mut keys = Keys::default();
        let mut purposes = HashMap::new();
        for integration in integrations {
            keys.add(&integration.key, integration.secret.as_bytes());
            purposes.insert(integration.key.clone(), integration.purpose.clone());
        }
        // Last, so that no integration can stand in its place.
        keys.add(OWN, own.0.as_bytes());
        purposes.remove(OWN);
        Self { keys, purposes }
    }

    /// Whether an integration key of this name would be taken for the server's own.
    pub(crate) fn is_own_name(key: &str) -> bool {
        key == OWN
    }

    pub(crate) fn admit(&self, token: &str, now: Millis) -> Result<Visitor, Refusal> {
        let claims = self.keys.verify(token, now)?;
        let to_net = claims.video.room == NET_ROOM;
        let whom = match self.purposes.get(&claims.iss) {
            None if to_net => Whom::Endpoint(EndpointId(claims.sub.clone()), claims.enrolment.clone().map(Enrolment)),
            Some(purpose) if !to_net => Whom::Guest(Box::new(Guest {
                key: claims.iss.clone(),
                purpose: purpose.clone(),
                room: claims.video.room.clone(),
                identity: claims.sub.clone(),
                name: claims.name,
                metadata: claims.metadata,
                attributes: claims.attributes,
                rights: claims.video.rights(),
            })),
            _ => return Err(Refusal::Room),
        };
        Ok(Visitor { whom, key: claims.iss, identity: claims.sub, room: claims.video.room })
    }

    /// A token into the net for one of its endpoints.
    pub(crate) fn sign_own(&self, whose: &LinkIdentity, rights: LinkRights, now: Millis) -> Result<Signed, TokenError> {
        let holder =
            Holder { key: OWN, identity: &whose.endpoint.0, room: NET_ROOM, enrolment: whose.enrolment.as_ref() };
        let about = About { name: whose.name.clone(), ..About::default() };
        self.sign(holder, rights, about, limits::OWN_TOKEN, now)
    }

    /// A fresh token for somebody who is inside.
    pub(crate) fn renew(
        &self,
        visitor: &Visitor,
        rights: LinkRights,
        about: About,
        now: Millis,
    ) -> Result<Signed, TokenError> {
        let life = if visitor.key == OWN { limits::OWN_TOKEN } else { limits::GUEST_TOKEN };
        let enrolment = match &visitor.whom {
            // The one it came with: a device that is replaced meanwhile does not become the new one.
            Whom::Endpoint(_, enrolment) => enrolment.as_ref(),
            Whom::Guest(_) => None,
        };
        let Visitor { key, identity, room, .. } = visitor;
        self.sign(Holder { key, identity, room, enrolment }, rights, about, life, now)
    }

    fn sign(
        &self,
        holder: Holder<'_>,
        rights: LinkRights,
        about: About,
        life: Duration,
        now: Millis,
    ) -> Result<Signed, TokenError> {
        let life_s = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        let now_s = now.0.div_euclid(1000);
        let claims = Claims {
            iss: holder.key.to_owned(),
            sub: holder.identity.to_owned(),
            exp: now_s.saturating_add(life_s),
            nbf: Some(now_s - LEEWAY_S),
            name: about.name,
            metadata: about.metadata,
            attributes: about.attributes,
            video: VideoGrant::of(holder.room, rights),
            enrolment: holder.enrolment.map(|enrolment| enrolment.0.clone()),
        };
        let expires = Millis(claims.exp.saturating_mul(1000));
        Ok(Signed { token: self.keys.sign(&claims)?, expires })
    }
}

/// What a token says of its holder.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) name: String,
    pub(crate) metadata: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_900_000_000_000);

    fn doorkeeper() -> Doorkeeper {
        let key = |key: &str| IntegrationKey { key: key.into(), secret: "s".repeat(32), purpose: "庭审".into() };
        Doorkeeper::new(OwnKey("own".repeat(20)), &[key("court"), key(OWN)])
    }

    fn rights() -> LinkRights {
        LinkRights { may_subscribe: true, ..LinkRights::default() }
    }

    #[test]
    fn the_net_room_is_for_our_own_tokens_alone() {
        let door = doorkeeper();
        let console = LinkIdentity { endpoint: "e1".into(), enrolment: None, name: "指挥台".into() };
        let own = door.sign_own(&console, rights(), NOW).unwrap();
        assert_eq!(door.admit(&own.token, NOW).unwrap().whom, Whom::Endpoint("e1".into(), None));
        let sign = |key, room| {
            let holder = Holder { key, identity: "x", room, enrolment: None };
            door.sign(holder, rights(), About::default(), Duration::from_secs(60), NOW).unwrap().token
        };
        assert_eq!(door.admit(&sign("court", NET_ROOM), NOW), Err(Refusal::Room));
        assert_eq!(door.admit(&sign(OWN, "hearing"), NOW), Err(Refusal::Room));
        let Whom::Guest(guest) = door.admit(&sign("court", "hearing"), NOW).unwrap().whom else { panic!("no guest") };
        assert_eq!((guest.purpose.as_str(), guest.room.as_str()), ("庭审", "hearing"));
        assert_eq!(Refusal::Room.status(), StatusCode::FORBIDDEN);
        assert_eq!(door.admit("x", NOW).unwrap_err().status(), StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn an_integration_key_cannot_take_the_place_of_our_own() {
        let mut thief = Keys::default();
        thief.add(OWN, "s".repeat(32).as_bytes());
        let video = VideoGrant::of(NET_ROOM, rights());
        let claims = Claims { iss: OWN.into(), sub: "e1".into(), exp: 1_900_000_600, video, ..Claims::default() };
        let token = thief.sign(&claims).unwrap();
        assert_eq!(doorkeeper().admit(&token, NOW), Err(Refusal::Token(TokenError::Signature)));
    }

    #[test]
    fn a_fresh_token_keeps_whoever_it_is_for() {
        let door = doorkeeper();
        let holder = Holder { key: "court", identity: "judge", room: "hearing", enrolment: None };
        let token = door.sign(holder, rights(), About::default(), Duration::from_secs(60), NOW).unwrap();
        let visitor = door.admit(&token.token, NOW).unwrap();
        let about = About { name: "审判员".into(), ..About::default() };
        let fresh = door.renew(&visitor, rights(), about, NOW).unwrap();
        assert_eq!(fresh.expires, Millis(NOW.0 + 600_000));
        let again = door.admit(&fresh.token, NOW).unwrap();
        assert_eq!((again.key, again.identity, again.room), (visitor.key, visitor.identity, visitor.room));

        let station =
            LinkIdentity { endpoint: "e1".into(), enrolment: Some(Enrolment("0a".into())), name: "所".into() };
        let visitor = door.admit(&door.sign_own(&station, rights(), NOW).unwrap().token, NOW).unwrap();
        assert_eq!(visitor.whom, Whom::Endpoint("e1".into(), station.enrolment));
        let fresh = door.renew(&visitor, rights(), About::default(), NOW).unwrap();
        assert_eq!(door.admit(&fresh.token, NOW).unwrap().whom, visitor.whom);
    }

    #[test]
    fn our_own_key_outlives_a_restart_where_there_is_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let one = OwnKey::open(Some(dir.path())).unwrap();
        let two = OwnKey::open(Some(dir.path())).unwrap();
        assert_eq!(one.0, two.0);
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(dir.path().join("link.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(OwnKey::open(None).unwrap().0, OwnKey::open(None).unwrap().0);
    }
}
