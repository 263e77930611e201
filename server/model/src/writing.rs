//! What is written in an assistance: lines that everyone in it reads, and the note 笔录 that its helpers keep in versions.

/// Longest line, in characters.
pub const LINE_MAX_CHARS: usize = 500;
/// Lines of one session.
pub const LINES_A_SESSION: usize = 1_000;
/// Longest note, in characters.
pub const NOTE_MAX_CHARS: usize = 8_000;
/// Versions of one session's note; each stays in its story.
pub const NOTES_A_SESSION: usize = 50;
