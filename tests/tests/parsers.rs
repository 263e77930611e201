//! Remote bytes cannot panic us: each parser gets its examples, and some thousand seeded mutations of each.

use lianxian_tests::parsers::ALL;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

const MUTATIONS: usize = 4_000;

fn mutate(bytes: &mut Vec<u8>, random: &mut StdRng) {
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..=bytes.len());
        match random.random_range(0..6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.random_range(0..5)],
            2 => bytes.truncate(at),
            3 => bytes.insert(at, random.random()),
            4 if at < bytes.len() => {
                let end = (at + random.random_range(1..16)).min(bytes.len());
                let piece: Vec<u8> = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => bytes.extend((0..random.random_range(0..32)).map(|_| random.random::<u8>())),
        }
    }
    bytes.truncate(4_096);
}

#[test]
fn no_mutation_of_a_valid_message_panics_a_parser() {
    let mut random = StdRng::seed_from_u64(20_261_125);
    for parser in ALL {
        let examples = (parser.examples)();
        assert!(!examples.is_empty(), "{} has no example", parser.name);
        for example in &examples {
            (parser.feed)(example);
            for _ in 0..MUTATIONS / examples.len() {
                let mut bytes = example.clone();
                mutate(&mut bytes, &mut random);
                let fed = catch_unwind(AssertUnwindSafe(|| (parser.feed)(&bytes)));
                assert!(fed.is_ok(), "{} panicked on {}", parser.name, hex(&bytes));
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
