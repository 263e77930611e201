//! What the tests of the whole house share.

// This is a test, laid where the fuzzer can reach it.
#![allow(clippy::expect_used)]

pub mod parsers;
