//! What a link says: wishes come in, notices go out. The signaling crate spells both on the wire; service decides.
