//! Which SSRC is which layer of which track: declared in the SDP, or claimed by the first packet's MID, RID and
//! repaired RID. Each publisher has its own table, so a claim can never reach another participant's tracks.

use super::MAX_LAYERS;
use crate::rtp::Marks;
use lianxian_model::media::{Codec, MAX_UPLOADS};

/// SSRCs that one publisher may have bound at once: each layer of all its tracks, and their repairs.
pub const MAX_SOURCES: usize = 2 * MAX_LAYERS * MAX_UPLOADS;

/// What an SSRC is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Index of the section, as it was added.
    pub section: usize,
    pub layer: u8,
    /// It carries retransmissions (RFC 4588).
    pub rtx: bool,
}

/// What a packet of an unknown SSRC says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    pub ssrc: u32,
    pub payload_type: u8,
    pub marks: Marks<'a>,
}

/// One media section of the publisher's offer, as it was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SectionRule {
    pub mid: Vec<u8>,
    /// The rid of each layer, lowest first; empty without simulcast.
    pub rids: Vec<Vec<u8>>,
    /// (payload type, codec).
    pub codecs: Vec<(u8, Codec)>,
    /// (payload type of RTX, payload type that it repairs).
    pub rtx: Vec<(u8, u8)>,
    /// (SSRC, whether it is RTX) declared for layer 0.
    pub declared: Vec<(u32, bool)>,
    pub active: bool,
}

impl SectionRule {
    pub fn codec(&self, payload_type: u8) -> Option<Codec> {
        self.codecs.iter().find(|(pt, _)| *pt == payload_type).map(|(_, codec)| *codec)
    }

    /// The payload type that an RTX packet's original had.
    pub fn repaired(&self, rtx: u8) -> Option<u8> {
        self.rtx.iter().find(|(pt, _)| *pt == rtx).map(|(_, original)| *original)
    }
}

#[derive(Default)]
pub struct Bindings {
    sections: Vec<SectionRule>,
    sources: Vec<(u32, Binding)>,
}

impl Bindings {
    /// Sets the sections of a new answer; what is bound to a section that stays as it was stays bound.
    pub fn set_sections(&mut self, sections: Vec<SectionRule>) {
        let old = std::mem::replace(&mut self.sections, sections);
        let sections = &self.sections;
        self.sources.retain(|(_, binding)| {
            let (old, new) = (old.get(binding.section), sections.get(binding.section));
            matches!((old, new), (Some(old), Some(new)) if new.active && old.mid == new.mid && old.rids == new.rids)
        });
        for index in 0..self.sections.len() {
            if !self.sections[index].active || !self.sections[index].rids.is_empty() {
                continue;
            }
            for position in 0..self.sections[index].declared.len() {
                let (ssrc, rtx) = self.sections[index].declared[position];
                self.bind(ssrc, Binding { section: index, layer: 0, rtx });
            }
        }
    }

    /// The section carries nothing any more.
    pub fn release(&mut self, section: usize) {
        if let Some(rule) = self.sections.get_mut(section) {
            rule.active = false;
        }
        self.sources.retain(|(_, binding)| binding.section != section);
    }

    pub fn section(&self, index: usize) -> Option<&SectionRule> {
        self.sections.get(index)
    }

    pub fn find(&self, ssrc: u32) -> Option<Binding> {
        self.sources.iter().find(|(bound, _)| *bound == ssrc).map(|(_, binding)| *binding)
    }

    /// The SSRC bound to a layer's media (or RTX).
    pub fn ssrc(&self, wanted: Binding) -> Option<u32> {
        self.sources.iter().find(|(_, binding)| *binding == wanted).map(|(ssrc, _)| *ssrc)
    }

    /// Binds an unknown SSRC by what its packet claims; `None` if that names nothing that was negotiated.
    pub fn claim(&mut self, claim: Claim<'_>) -> Option<Binding> {
        let Claim { ssrc, payload_type, marks } = claim;
        let mid = marks.mid?;
        let section = self.sections.iter().position(|section| section.active && section.mid == mid)?;
        let rule = &self.sections[section];
        let rtx = rule.repaired(payload_type).is_some();
        if !rtx && rule.codec(payload_type).is_none() {
            return None;
        }
        let layer = if rule.rids.is_empty() {
            0
        } else {
            // A repaired RID names the layer before its media SSRC may be known.
            let name = if rtx { marks.repaired_rid? } else { marks.rid? };
            rule.rids.iter().position(|rid| rid == name)? as u8
        };
        let binding = Binding { section, layer, rtx };
        self.bind(ssrc, binding).then_some(binding)
    }

    /// Later bindings of a layer replace earlier ones: the encoder was made anew.
    fn bind(&mut self, ssrc: u32, binding: Binding) -> bool {
        self.sources.retain(|(bound, other)| *bound != ssrc && *other != binding);
        if self.sources.len() >= MAX_SOURCES {
            return false;
        }
        self.sources.push((ssrc, binding));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulcast() -> Bindings {
        let mut bindings = Bindings::default();
        bindings.set_sections(vec![
            SectionRule {
                mid: b"0".to_vec(),
                rids: vec![b"q".to_vec(), b"h".to_vec()],
                codecs: vec![(96, Codec::Vp8)],
                rtx: vec![(97, 96)],
                active: true,
                ..SectionRule::default()
            },
            SectionRule {
                mid: b"1".to_vec(),
                codecs: vec![(111, Codec::Opus)],
                declared: vec![(77, false)],
                active: true,
                ..SectionRule::default()
            },
        ]);
        bindings
    }

    fn claim<'a>(ssrc: u32, payload_type: u8, mid: &'a str, rid: &'a str, repaired: &'a str) -> Claim<'a> {
        let some = |text: &'a str| (!text.is_empty()).then_some(text.as_bytes());
        let marks = Marks { mid: some(mid), rid: some(rid), repaired_rid: some(repaired), ..Marks::default() };
        Claim { ssrc, payload_type, marks }
    }

    #[test]
    fn repairs_bind_before_their_media() {
        let mut bindings = simulcast();
        let rtx = bindings.claim(claim(5, 97, "0", "", "h")).unwrap();
        assert_eq!(rtx, Binding { section: 0, layer: 1, rtx: true });
        let media = bindings.claim(claim(6, 96, "0", "h", "")).unwrap();
        assert_eq!(media, Binding { section: 0, layer: 1, rtx: false });
        assert_eq!(bindings.find(5), Some(rtx));
        assert_eq!(bindings.ssrc(media), Some(6));
    }

    #[test]
    fn what_was_not_negotiated_binds_nothing() {
        let mut bindings = simulcast();
        assert_eq!(bindings.claim(claim(5, 96, "9", "q", "")), None);
        assert_eq!(bindings.claim(claim(5, 96, "0", "x", "")), None);
        assert_eq!(bindings.claim(claim(5, 96, "0", "", "")), None);
        assert_eq!(bindings.claim(claim(5, 111, "0", "q", "")), None);
        assert_eq!(bindings.claim(claim(5, 96, "", "q", "")), None);
        assert_eq!(bindings.find(5), None);
        assert_eq!(bindings.find(77), Some(Binding { section: 1, layer: 0, rtx: false }));
    }

    #[test]
    fn a_new_ssrc_of_a_layer_replaces_the_old_one() {
        let mut bindings = simulcast();
        for ssrc in 0..1_000 {
            assert!(bindings.claim(claim(ssrc, 96, "0", "q", "")).is_some());
        }
        assert_eq!(bindings.find(998), None);
        assert!(bindings.find(999).is_some());
        assert!(bindings.sources.len() <= 3);
    }

    #[test]
    fn a_section_that_went_inactive_lets_go() {
        let mut bindings = simulcast();
        bindings.claim(claim(5, 96, "0", "q", ""));
        let mut sections = bindings.sections.clone();
        sections[0].active = false;
        bindings.set_sections(sections);
        assert_eq!(bindings.find(5), None);
        assert!(bindings.find(77).is_some());
    }
}
