//! What a worker counts. Names are the ends of its metrics' names; those in `_total` only grow.

use crate::transport::Drop;

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub rtp_in: u64,
    pub rtp_out: u64,
    pub rtp_out_bytes: u64,
    pub rtcp_in: u64,
    pub rtcp_out: u64,
    pub unknown_flow: u64,
    pub bad_stun: u64,
    pub unvalidated_flow: u64,
    pub bad_dtls: u64,
    pub not_up: u64,
    pub bad_srtp: u64,
    pub unknown_protocol: u64,
    /// Authentic RTP that is malformed, or of no negotiated stream.
    pub rtp_refused: u64,
    pub rtp_padding: u64,
    pub rtp_useless: u64,
    pub rtp_muted: u64,
    /// A packet that could not be sealed for a viewer.
    pub unsealed: u64,
    pub nacked_upstream: u64,
    pub keyframe_requests_sent: u64,
    pub keyframe_requests_received: u64,
    pub nacked_by_viewers: u64,
    pub retransmitted: u64,
    pub retransmissions_refused: u64,
    /// Sound sent again as it was.
    pub resent: u64,
    /// Sound sent again unasked, because the line loses a lot.
    pub copies: u64,
    /// Copies above what one viewer is sent.
    pub copies_refused: u64,
    /// Askings above what one viewer may ask.
    pub nacks_refused: u64,
    pub keyframe_requests_refused: u64,
    pub feedback_refused: u64,
    /// Packets that were let go because they waited too long for room on a line.
    pub paced_dropped: u64,
    pub probes: u64,
    pub padding_out: u64,
    pub stream_pauses: u64,
    pub moved_flows: u64,
    pub voices_closed: u64,
    pub head_starts: u64,
    pub layer_switches: u64,
    pub data_dropped: u64,
    pub faults: u64,
}

impl Counters {
    /// A packet of so many bytes left for a viewer.
    pub fn sent(&mut self, len: usize) {
        self.rtp_out += 1;
        self.rtp_out_bytes += len as u64;
    }

    pub fn dropped(&mut self, why: Drop) {
        *match why {
            Drop::BadStun => &mut self.bad_stun,
            Drop::UnvalidatedFlow => &mut self.unvalidated_flow,
            Drop::BadDtls => &mut self.bad_dtls,
            Drop::NotUp => &mut self.not_up,
            Drop::BadSrtp => &mut self.bad_srtp,
            Drop::UnknownProtocol => &mut self.unknown_protocol,
        } += 1;
    }

    pub fn tell(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        for (name, value) in [
            ("rtp_in_total", self.rtp_in),
            ("rtp_out_total", self.rtp_out),
            ("rtp_out_bytes_total", self.rtp_out_bytes),
            ("rtcp_in_total", self.rtcp_in),
            ("rtcp_out_total", self.rtcp_out),
            ("dropped_unknown_flow_total", self.unknown_flow),
            ("dropped_bad_stun_total", self.bad_stun),
            ("dropped_unvalidated_flow_total", self.unvalidated_flow),
            ("dropped_bad_dtls_total", self.bad_dtls),
            ("dropped_not_up_total", self.not_up),
            ("dropped_bad_srtp_total", self.bad_srtp),
            ("dropped_unknown_protocol_total", self.unknown_protocol),
            ("rtp_refused_total", self.rtp_refused),
            ("rtp_padding_total", self.rtp_padding),
            ("rtp_useless_total", self.rtp_useless),
            ("rtp_muted_total", self.rtp_muted),
            ("rtp_unsealed_total", self.unsealed),
            ("nacked_upstream_total", self.nacked_upstream),
            ("keyframe_requests_sent_total", self.keyframe_requests_sent),
            ("keyframe_requests_received_total", self.keyframe_requests_received),
            ("nacked_by_viewers_total", self.nacked_by_viewers),
            ("retransmitted_total", self.retransmitted),
            ("retransmissions_refused_total", self.retransmissions_refused),
            ("resent_total", self.resent),
            ("copies_total", self.copies),
            ("copies_refused_total", self.copies_refused),
            ("nacks_refused_total", self.nacks_refused),
            ("keyframe_requests_refused_total", self.keyframe_requests_refused),
            ("feedback_refused_total", self.feedback_refused),
            ("paced_dropped_total", self.paced_dropped),
            ("probes_total", self.probes),
            ("padding_out_total", self.padding_out),
            ("stream_pauses_total", self.stream_pauses),
            ("moved_flows_total", self.moved_flows),
            ("voices_closed_total", self.voices_closed),
            ("head_starts_total", self.head_starts),
            ("layer_switches_total", self.layer_switches),
            ("data_dropped_total", self.data_dropped),
            ("peer_faults_total", self.faults),
        ] {
            tell(name, value);
        }
    }
}
