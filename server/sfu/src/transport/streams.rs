//! The SRTP contexts of what comes: a window for each SSRC in use, a bare note for those that are done. Whoever sends chooses them.

use super::sequence::Indices;

/// Streams that have a window at once: as many tracks as one participant publishes, three layers of each and their repairs, with room.
pub const MAX_STREAMS: usize = 256;
/// Streams of which only the SSRC is kept. A publisher that begins a track anew every second fills it in 18 hours of one connection's life.
pub const MAX_RETIRED: usize = 1 << 16;

struct Stream {
    ssrc: u32,
    /// When it was used last, in packets of this direction.
    used: u64,
    indices: Indices,
}

/// What makes room is the stream that was silent for longest. It never comes back: without its window its indices could be used twice.
#[derive(Default)]
pub(super) struct Streams {
    /// Sorted by SSRC.
    active: Vec<Stream>,
    /// Sorted.
    retired: Vec<u32>,
    /// Where the stream used last is: packets come in runs.
    recent: usize,
    packets: u64,
}

impl Streams {
    fn find(&mut self, ssrc: u32) -> Result<usize, usize> {
        if self.active.get(self.recent).is_some_and(|stream| stream.ssrc == ssrc) {
            return Ok(self.recent);
        }
        let found = self.active.binary_search_by_key(&ssrc, |stream| stream.ssrc);
        if let Ok(at) = found {
            self.recent = at;
        }
        found
    }

    /// The index that an RTP sequence number stands for (RFC 3711, section 3.3.1), if it may still be used.
    pub fn index_of(&mut self, ssrc: u32, sequence: u16) -> Option<u64> {
        let known = self.find(ssrc).ok().and_then(|at| self.active.get(at));
        let index = known.map_or(u64::from(sequence), |stream| stream.indices.index_of(sequence));
        self.is_fresh(ssrc, index).then_some(index)
    }

    /// May the index be used? Changes nothing: whoever asks may be a forger.
    pub fn is_fresh(&mut self, ssrc: u32, index: u64) -> bool {
        match self.find(ssrc).ok().and_then(|at| self.active.get(at)) {
            Some(stream) => stream.indices.is_fresh(index),
            None => {
                let full = self.active.len() >= MAX_STREAMS && self.retired.len() >= MAX_RETIRED;
                index >> 48 == 0 && !full && self.retired.binary_search(&ssrc).is_err()
            }
        }
    }

    /// Notes that the index was used; a new SSRC gets its context here, so only after it is authentic.
    pub fn mark(&mut self, ssrc: u32, index: u64) {
        self.packets += 1;
        let at = match self.find(ssrc) {
            Ok(at) => at,
            Err(_) => {
                if self.active.len() >= MAX_STREAMS {
                    self.retire();
                }
                let at = self.active.partition_point(|stream| stream.ssrc < ssrc);
                self.active.insert(at, Stream { ssrc, used: 0, indices: Indices::default() });
                self.recent = at;
                at
            }
        };
        if let Some(stream) = self.active.get_mut(at) {
            stream.used = self.packets;
            stream.indices.mark(index);
        }
    }

    fn retire(&mut self) {
        let oldest = self.active.iter().enumerate().min_by_key(|(_, stream)| stream.used).map(|(at, _)| at);
        if let Some(oldest) = oldest {
            let ssrc = self.active.remove(oldest).ssrc;
            let at = self.retired.partition_point(|known| *known < ssrc);
            self.retired.insert(at, ssrc);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.active.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_made_room_stays_away_and_others_go_on() {
        let mut streams = Streams::default();
        for ssrc in 0..MAX_STREAMS as u32 {
            streams.mark(ssrc, 5);
        }
        // The first is used again: the second is the oldest now.
        streams.mark(0, 6);
        streams.mark(9_999, 1);
        assert_eq!(streams.len(), MAX_STREAMS);
        assert_eq!(streams.index_of(0, 7), Some(7));
        assert_eq!(streams.index_of(1, 7), None, "its window is gone");
        assert_eq!(streams.index_of(2, 7), Some(7));
        assert_eq!(streams.index_of(9_999, 1), None, "used");
        assert_eq!(streams.index_of(9_999, 2), Some(2));
    }

    #[test]
    fn asking_makes_nothing() {
        let mut streams = Streams::default();
        for ssrc in 0..10_000 {
            assert!(streams.is_fresh(ssrc, 1));
        }
        assert_eq!(streams.len(), 0);
    }

    #[test]
    fn memory_has_an_end() {
        let mut streams = Streams::default();
        let all = (MAX_STREAMS + MAX_RETIRED) as u32;
        for ssrc in 0..all {
            assert!(streams.is_fresh(ssrc, 1));
            streams.mark(ssrc, 1);
        }
        assert!(!streams.is_fresh(all, 1), "new ones are refused");
        assert!(streams.is_fresh(all - 1, 2), "the last ones go on");
    }
}
