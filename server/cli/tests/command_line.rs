//! The binary as an operator meets it: what it prints, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::{Command, Output};

fn lianxian(words: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lianxian")).args(words).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_wrong_configuration_names_the_key_and_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for (toml, words) in [
        ("lisen = \"0.0.0.0:1\"", &["lisen", "listen"] as &[&str]),
        ("[tls]\nmode = \"none\"", &["mode", "self_made", "files", "off"]),
        ("[media]\nworkers = 65", &["media.workers", "64"]),
        ("listen = 5", &["listen"]),
        ("listen = ", &["listen.toml", "TOML"]),
    ] {
        std::fs::write(folder.path().join("listen.toml"), toml).unwrap();
        let ended = lianxian(&["serve", "--config", "listen.toml"], folder.path());
        assert!(!ended.status.success(), "{toml:?} was accepted");
        let said = text(&ended.stderr);
        assert!(words.iter().all(|word| said.contains(word)), "{toml:?} gives {said:?}");
    }
    let ended = lianxian(&["serve", "--config", "nowhere.toml"], folder.path());
    assert!(!ended.status.success() && text(&ended.stderr).contains("nowhere.toml"));
}

#[test]
fn a_seeded_database_is_seeded_once_and_its_chain_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let seeded = lianxian(&["seed", "--demo"], folder.path());
    assert!(seeded.status.success(), "{}", text(&seeded.stderr));
    assert!(text(&seeded.stdout).contains("zhihuizhang"));
    let offices = std::fs::read(folder.path().join("data/demo-offices.json")).unwrap();
    let offices: Vec<serde_json::Value> = serde_json::from_slice(&offices).unwrap();
    assert!(offices.len() >= 6 && offices.iter().all(|office| office["device_token"].is_string()));
    let again = lianxian(&["seed", "--demo"], folder.path());
    assert!(!again.status.success() && text(&again.stderr).contains("not empty"));
    let verified = lianxian(&["verify"], folder.path());
    assert!(verified.status.success() && text(&verified.stdout).contains("whole"), "{}", text(&verified.stderr));
    let steps = lianxian(&["migrate", "--dry-run"], folder.path());
    assert!(text(&steps.stdout).lines().count() >= 2 && !text(&steps.stdout).contains("missing"));
}

#[test]
fn the_contract_is_printed() {
    let printed = lianxian(&["openapi"], Path::new("."));
    let contract: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert!(contract["paths"].as_object().unwrap().len() > 20);
}
