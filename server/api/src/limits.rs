//! How much the door lets in, by name. What is over a limit is refused with the limit's value, or closed and counted.

use std::time::Duration;

/// Connections at once, from everywhere.
pub const CONNECTIONS: usize = 4096;
/// Connections at once from one address. Offices behind one address translator share it.
pub const CONNECTIONS_AN_ADDRESS: usize = 512;
/// The first byte of a connection, and its TLS handshake.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// A request's head.
pub const HEAD: Duration = Duration::from_secs(15);
/// A request's body.
pub const BODY: Duration = Duration::from_secs(20);
/// Bytes of a request's body.
pub const BODY_BYTES: usize = 64 * 1024;
/// Requests at once on one HTTP/2 connection. A console has a few event streams and a page's worth of images.
pub const STREAMS_A_CONNECTION: u32 = 64;
/// Bytes of one HTTP/2 answer that wait to be sent, and of the piece of an answer that is given to a connection at a time: all
/// streams of a connection together hold some 12 MiB for a reader that takes nothing.
pub const SEND_BUFFER_BYTES: usize = 128 * 1024;
pub const PIECE_BYTES: usize = 64 * 1024;
/// How often an HTTP/2 peer is asked whether it is there, and how long it may take to say so: one that vanished behind an
/// address translator never says that it left.
pub const PING: Duration = Duration::from_secs(20);
/// How long a connection may stay without a request. Whoever comes back later connects again in a moment.
pub const IDLE: Duration = Duration::from_secs(60);
/// How long an idle connection that was told to end may take to do so.
pub const FAREWELL: Duration = Duration::from_secs(10);
/// How long a reader may take nothing at all of an answer that is ready for it. What waits for the server, as a quiet event
/// stream does, is not counted.
pub const READER: Duration = Duration::from_secs(30);
/// Bytes of a frozen frame.
pub const FRAME_BYTES: usize = lianxian_model::drawing::FRAME_MAX_BYTES;
/// Bytes of a picture of a directive.
pub const PICTURE_BYTES: usize = lianxian_model::directive::PICTURE_MAX_BYTES;
/// Bytes of a file sent in a session, how long it may take to come in, and how many may come in at once: each is held whole.
pub const FILE_BYTES: usize = lianxian_model::attachment::FILE_MAX_BYTES;
pub const FILE_BODY: Duration = Duration::from_secs(180);
pub const FILES_AT_ONCE: usize = 8;
/// Images that come in at once.
pub const IMAGES_AT_ONCE: usize = 16;
/// Files that go out at once: each is held whole until its reader has it.
pub const DOWNLOADS_AT_ONCE: usize = 16;
/// How long a file may wait for its turn to come in or to go out: bursts pass, and nobody looks at a page that hangs.
pub const FILE_TURN: Duration = Duration::from_secs(2);
/// How long requests and links may take to end once the server stops.
pub const DRAIN: Duration = Duration::from_secs(5);

/// Attempts to log in or to enrol, from one address: so many at once, and one more each [`ATTEMPT_EVERY`].
pub const ATTEMPTS_AT_ONCE: u32 = 30;
pub const ATTEMPT_EVERY: Duration = Duration::from_secs(2);
/// Addresses whose attempts are remembered.
pub const ATTEMPT_ADDRESSES: usize = 4096;
/// Password checks at work at once (each takes some 20 MiB), and how long one may wait for its turn.
pub const PASSWORD_CHECKS: usize = 4;
pub const PASSWORD_TURN: Duration = Duration::from_secs(5);

/// Event streams open at once for one account, and for one device.
pub const STREAMS_AN_ACCOUNT: usize = 32;
pub const STREAMS_A_DEVICE: usize = 8;
pub const STREAMS_A_VISIT: usize = 4;
/// Streams of guests open at once, of everyone. They ask for no login.
pub const STREAMS_OF_GUESTS: usize = 512;
/// How soon a guest's stream looks again at its visit, however much is committed meanwhile.
pub const VISIT_LOOK_EVERY: Duration = Duration::from_millis(300);
/// Bytes of a guest's request. Nothing that a citizen sends is longer.
pub const GUEST_BODY_BYTES: usize = 8 * 1024;
/// How a guest's cookie lives in the browser: as long as its visit.
pub const GUEST_COOKIE: Duration = Duration::from_millis(lianxian_model::guest::VISIT_LIFE_MS as u64);
/// How often a quiet event stream says that it is alive, and looks whether its login still is.
pub const STREAM_PING: Duration = Duration::from_secs(15);
/// How long an event stream waits before it asks a store again that did not answer.
pub const STREAM_RETRY: Duration = Duration::from_secs(1);

/// How long one signalling message may take to be written.
pub const LINK_WRITE: Duration = Duration::from_secs(10);
/// How long a link that was asked to end may take to say why.
pub const LINK_FAREWELL: Duration = Duration::from_secs(3);
/// How long the media plane may take to answer an offer over HTTP.
pub const SESSION_ANSWER: Duration = Duration::from_secs(5);
/// How long a player waits to be told of what it may play.
pub const PLAYER_LOOKS: Duration = Duration::from_secs(2);
/// Life of a link token of the server's own key.
pub const OWN_TOKEN: Duration = Duration::from_secs(60 * 60);
/// Life of a fresh token for someone who came with an integration key's.
pub const GUEST_TOKEN: Duration = Duration::from_secs(10 * 60);

/// Check peers and check sockets of one address: so many at once without a pause, and one more each [`CHECK_VISIT_EVERY`].
/// They ask for no login, and offices behind one address translator share an address. One run of the page takes three.
pub const CHECK_VISITS_AT_ONCE: u32 = 60;
pub const CHECK_VISIT_EVERY: Duration = Duration::from_secs(1);
/// Check peers and sockets open at once: from one address, and from everywhere.
pub const CHECK_PLACES_AN_ADDRESS: usize = 24;
pub const CHECK_PLACES: usize = 96;
/// How long a check peer or socket lives.
pub const CHECK_LIFE: Duration = Duration::from_secs(15);
/// Bytes of a check peer's offer.
pub const CHECK_OFFER_BYTES: usize = 16 * 1024;
/// Messages of one check socket, and bytes of each.
pub const CHECK_MESSAGES: usize = 64;
pub const CHECK_MESSAGE_BYTES: usize = 128;
/// Bytes of one bandwidth transfer, and how long it may take.
pub const CHECK_TRANSFER_BYTES: u64 = 16 * 1024 * 1024;
pub const CHECK_TRANSFER_TIME: Duration = Duration::from_secs(10);
/// Bytes of bandwidth transfers of one account or device: so many at once, and so many more each second.
pub const CHECK_BYTES_AT_ONCE: u64 = 128 * 1024 * 1024;
pub const CHECK_BYTES_A_SECOND: u64 = 1024 * 1024;
/// Bandwidth transfers at work at once.
pub const CHECK_TRANSFERS: usize = 16;
/// Addresses, accounts and devices whose checks are remembered.
pub const CHECK_VISITORS: usize = 4096;
