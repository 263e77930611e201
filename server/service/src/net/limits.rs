//! The net's limits, by name. Sizes are counts unless they say otherwise.

use lianxian_model::media::{MAX_DOWNSTREAMS, MAX_UPLOADS};

/// Links open or opening at once.
pub const LINKS: usize = 16_384;
/// Joins of one identity that wait for an earlier one to be settled.
pub const WAITING_AT_DOOR: usize = 8;
/// What links and the service ask of the net and it has not taken yet; whoever asks more waits.
pub const COMMANDS_WAITING: usize = 4_096;
/// Results of the record and the media plane that the net has not taken yet.
pub const OUTCOMES_WAITING: usize = 1_024;
/// Notices that a link's reader has not taken yet; more end the link as a slow reader.
pub const NOTICES_WAITING: usize = 2_048;
/// Facts of one link that wait to be committed, and media calls of one link that wait; more end the link.
pub const JOBS_WAITING: usize = 2_048;
/// Room beyond [`JOBS_WAITING`] for what must not be lost when a link ends.
pub const JOBS_RESERVED: usize = 2 * TRACKS_PER_LINK + 16;
/// Tracks announced and not yet unpublished.
pub const TRACKS_PER_LINK: usize = MAX_UPLOADS;
/// Tracks received at once; further ones are not sent, and are counted.
pub const SUBSCRIPTIONS_PER_LINK: usize = MAX_DOWNSTREAMS;
/// Participants named in one subscription permission, and tracks named for each.
pub const PERMISSIONS: usize = 1_024;
/// Different refusals of one link that are put on record; one who goes on asking is sent away.
pub const REFUSALS_PER_LINK: usize = 256;
/// Notices kept for a link whose socket is lost, until it comes back.
pub const NOTICES_MISSED: usize = 256;
/// Bytes of a name, of metadata, and of all attributes together.
pub const NAME_BYTES: usize = 256;
pub const METADATA_BYTES: usize = 64 * 1024;
pub const ATTRIBUTES_BYTES: usize = 64 * 1024;
/// Bytes of each text that a track is announced with: its client id, name, stream, codecs.
pub const TRACK_TEXT_BYTES: usize = 512;
/// Bytes of an encoding's name (RFC 8851); longer ones are not read in an offer either.
pub const RID_BYTES: usize = 16;

/// A participant whose socket broke and whom no transport reaches any more is awaited for this long.
pub const LINK_GRACE_MS: i64 = 15_000;
/// While a transport of it lives, the participant is there and only its socket is not: it is awaited for as long as client
/// libraries go on trying (ten attempts, up to seven seconds apart). A transport that falls silent ends long before.
pub const LINK_GRACE_WITH_MEDIA_MS: i64 = 45_000;
/// A participant one of whose transports ended is told after this time to come anew: nothing brings that transport back. A
/// client that is leaving has said so by then.
pub const MEDIA_GRACE_MS: i64 = 3_000;
/// A participant without a socket of its own has this long to bring its media up.
pub const MEDIA_SETUP_MS: i64 = 15_000;
/// A track announced and never offered is forgotten after this.
pub const ANNOUNCED_MS: i64 = 60_000;
/// The summaries of an ended link's tracks are awaited for this long before its end goes on record without them.
pub const SUMMARIES_MS: i64 = 1_000;
/// How often connection qualities are told.
pub const QUALITY_EVERY_MS: i64 = 5_000;
/// What viewers were sent of a track waits so long for what came of it; both are told of every ten seconds.
pub const QUALITY_WAIT_MS: i64 = 12_500;
/// Intervals of quality that wait for the record at most; more are dropped, and counted.
pub const QUALITY_ROWS_WAITING: usize = 4_096;
/// Such intervals that are committed at once at most, and how long the first of them waits for others.
pub const QUALITY_BATCH_ROWS: usize = 512;
pub const QUALITY_BATCH_MS: u64 = 1_000;
/// How often the net looks at its deadlines.
pub const TICK_MS: u64 = 250;
/// A change of grants waits this long for the media plane to have followed; it is in force in the net by then anyway.
pub const SETTLE_MS: u64 = 2_000;
/// Shutdown waits this long for the last facts.
pub const SHUTDOWN_MS: u64 = 5_000;
/// What happened and cannot be committed is tried again after this time; each further wait is twice the one before, up to
/// the second of these.
pub const RECORD_RETRY_MS: u64 = 100;
pub const RECORD_RETRY_MOST_MS: u64 = 5_000;
/// Facts of a link's life are given up after this, so that one which the store never takes does not keep back the link's
/// end; the end itself is tried until the server stops.
pub const RECORD_PATIENCE_MS: u64 = 300_000;
/// Ends of links that are tried for longer than that at once; those beyond are given up, and closed by the next start.
pub const ENDS_WAITING: usize = LINKS;
/// Intervals of quality are given up after this.
pub const QUALITY_PATIENCE_MS: u64 = 6_000;
