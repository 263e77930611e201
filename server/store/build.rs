//! Says when the embedded migrations are old: the macro sees changed files, but not new ones.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
