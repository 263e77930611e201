//! The streams that we send over one transport. Each has an SSRC that is given out once under this transport's key, so a stream that is
//! done needs no note: its number does not come again, and with it no index (an index used twice would give the key away).

use super::sequence::Indices;

struct Stream {
    ssrc: u32,
    indices: Indices,
}

pub(super) struct Issued {
    /// The first number, and how many were given out since: they rise, and do not come round.
    first: u32,
    count: u32,
    /// Given out and not begun, in their order.
    unused: Vec<u32>,
    /// In the order in which they were given out.
    live: Vec<Stream>,
    /// Where the stream used last is: packets come in runs.
    recent: usize,
}

impl Issued {
    pub fn new(first: u32) -> Self {
        Self { first, count: 0, unused: Vec::new(), live: Vec::new(), recent: 0 }
    }

    /// An SSRC that was never used here; `None` once all are used up.
    pub fn issue(&mut self) -> Option<u32> {
        let ssrc = self.first.wrapping_add(self.count);
        self.count = self.count.checked_add(1)?;
        self.unused.push(ssrc);
        Some(ssrc)
    }

    /// Nothing more is sent under the SSRC.
    pub fn retire(&mut self, ssrc: u32) {
        self.unused.retain(|unused| *unused != ssrc);
        if let Ok(at) = self.find(ssrc) {
            self.live.remove(at);
        }
    }

    fn find(&mut self, ssrc: u32) -> Result<usize, usize> {
        if self.live.get(self.recent).is_some_and(|stream| stream.ssrc == ssrc) {
            return Ok(self.recent);
        }
        let order = |ssrc: u32| ssrc.wrapping_sub(self.first);
        let found = self.live.binary_search_by_key(&order(ssrc), |stream| order(stream.ssrc));
        if let Ok(at) = found {
            self.recent = at;
        }
        found
    }

    /// The index that a sequence number stands for (RFC 3711, section 3.3.1), if it may still be used.
    pub fn index_of(&mut self, ssrc: u32, sequence: u16) -> Option<u64> {
        match self.find(ssrc).ok().and_then(|at| self.live.get(at)) {
            Some(stream) => {
                let index = stream.indices.index_of(sequence);
                stream.indices.is_fresh(index).then_some(index)
            }
            None => self.unused.contains(&ssrc).then_some(u64::from(sequence)),
        }
    }

    /// Notes that the index was used.
    pub fn mark(&mut self, ssrc: u32, index: u64) {
        let at = self.find(ssrc).unwrap_or_else(|at| {
            self.unused.retain(|unused| *unused != ssrc);
            self.live.insert(at, Stream { ssrc, indices: Indices::default() });
            self.recent = at;
            at
        });
        if let Some(stream) = self.live.get_mut(at) {
            stream.indices.mark(index);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.live.len() + self.unused.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(issued: &mut Issued, ssrc: u32, sequence: u16) -> Option<u64> {
        let index = issued.index_of(ssrc, sequence)?;
        issued.mark(ssrc, index);
        Some(index)
    }

    /// A wall that changes its tiles all day long: what stays goes on, what is new begins, and nothing gathers.
    #[test]
    fn streams_come_and_go_without_end() {
        let mut issued = Issued::new(u32::MAX - 1_000);
        let stays = issued.issue().unwrap();
        assert_eq!(send(&mut issued, stays, 0), Some(0));
        for _ in 0..100_000 {
            let (media, repair) = (issued.issue().unwrap(), issued.issue().unwrap());
            assert_eq!(send(&mut issued, media, 7), Some(7));
            issued.retire(media);
            issued.retire(repair);
            assert_eq!(issued.index_of(media, 8), None, "what is done does not begin anew");
        }
        assert_eq!(issued.len(), 1);
        assert_eq!(send(&mut issued, stays, 1), Some(1));
        assert_eq!(send(&mut issued, stays, 1), None);
    }

    /// The repairs of as many tracks as one link receives have their streams too, and none makes room for another.
    #[test]
    fn as_many_as_a_link_receives_live_at_once() {
        let mut issued = Issued::new(5);
        let all: Vec<u32> = (0..2 * lianxian_model::media::MAX_DOWNSTREAMS).map(|_| issued.issue().unwrap()).collect();
        for sequence in 0..3 {
            // Begun in another order than given out.
            for ssrc in all.iter().rev() {
                assert_eq!(send(&mut issued, *ssrc, sequence), Some(u64::from(sequence)));
            }
        }
    }

    #[test]
    fn what_was_not_given_out_is_not_sent() {
        let mut issued = Issued::new(5);
        assert_eq!(issued.index_of(5, 1), None);
        assert_eq!(issued.issue(), Some(5));
        assert_eq!(issued.index_of(5, 1), Some(1));
        assert_eq!(issued.index_of(6, 1), None);
    }
}
