//! The web build stands inside the binary: a new one makes a new binary.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // A debug binary reads the files as they are. A path that does not exist would rebuild each time.
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if release || Path::new("../../web/dist").exists() {
        println!("cargo:rerun-if-changed=../../web/dist");
    }
}
