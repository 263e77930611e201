//! What one worker lets its peers use, and how often it does what it does by the clock.

use super::allowance::Terms;
use crate::downstream::MAX_QUEUED_BYTES;
use crate::upstream::MAX_AGE;
use std::time::Duration;

/// Participants of one worker.
pub const MAX_PEERS: usize = 16_384;

/// Sounds that one participant is sent at once, of those whose levels are known: the loudest.
pub const MAX_HEARD: usize = 8;

/// Key frame requests of one layer that are relayed to the track's owner come no closer than this.
pub const RELAYED_REQUEST_INTERVAL: Duration = Duration::from_millis(100);

/// A viewer whose key frame is not older than this starts from the ring instead of waiting for the next: as long as a ring
/// holds its packets.
pub const MAX_HEAD_START: Duration = MAX_AGE;

/// The same where that would fill a thin line: while nobody has said anything of it, and after a pause.
pub const BLIND_HEAD_START: Duration = Duration::from_millis(1_000);

/// Packets with which a viewer is started from the ring at most.
pub const MAX_HEAD_START_PACKETS: u64 = 400;

/// Bytes of one layer with which a viewer is started from the ring at most: as many as its pacer lets wait.
pub const MAX_HEAD_START_BYTES: usize = MAX_QUEUED_BYTES;

/// What begins further back than that has to pass the line within this: over a thin one the next key frame is there sooner.
pub const HEAD_START_PASSES: Duration = Duration::from_millis(700);

/// What happens by the clock alone happens in slices, so that a second's work of many peers does not come at once.
pub const SLICE: Duration = Duration::from_millis(100);

/// Slices from one sender report of a viewer to the next.
pub const REPORT_SLICES: u64 = 10;

/// Slices from one sharing of a subscriber's line to the next, if nothing demands it sooner.
pub const SHARE_SLICES: u64 = 3;

/// Slices from one look at which layers still come to the next.
pub const SWEEP_SLICES: u64 = 3;

/// Slices from one telling of the speakers to the next.
pub const SPEAKER_SLICES: u64 = 4;

/// Slices from one telling of a participant's quality to the next.
pub const QUALITY_SLICES: u64 = 50;

/// What came and what was sent of each track is summed up over spans of this length, while it flows.
pub const QUALITY_INTERVAL: Duration = Duration::from_secs(10);

/// A span that something cuts off before this is not told of.
pub const LEAST_SPAN: Duration = Duration::from_millis(500);

/// A viewer that is to get a picture and could be sent nothing for longer than this has seen it stand still.
pub const FREEZE: Duration = Duration::from_secs(1);

/// A transport from which nothing came for so long has lost everything, as far as its quality goes: clients check a
/// connection at least every 2.5 s.
pub const QUIET: Duration = Duration::from_millis(7_500);

/// A layer without a packet for this long does not come any more.
pub const LAYER_TIMEOUT: Duration = Duration::from_millis(1_500);

/// What a layer's key frames say of its size is told no more often than this.
pub const SIZE_INTERVAL: Duration = Duration::from_millis(1_000);

/// Receiver reports to a publisher come this often.
pub const RECEIVER_REPORT_INTERVAL: Duration = Duration::from_millis(1_000);

/// The round trip that is assumed before one was measured.
pub const ASSUMED_ROUND_TRIP: Duration = Duration::from_millis(100);

/// Lost packets that one participant may ask for again, over all that it receives.
pub(super) const NACKS: Terms = Terms { burst: 1_500, per_second: 1_500 };

/// Whole pictures that one participant may ask for over all that it receives: a wall that comes up asks for each of its tiles.
pub(super) const PICTURES: Terms = Terms { burst: 160, per_second: 25 };

/// Whole pictures of one track that one participant may ask for: else one alone could fill everybody's line with key frames.
pub(super) const PICTURES_OF_ONE: Terms = Terms { burst: 4, per_second: 1 };
