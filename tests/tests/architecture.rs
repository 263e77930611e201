//! Holds the arrows between rooms, and who may meet which crate (docs/ARCHITECTURE.md).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Direct dependencies (not those for tests) of each workspace member.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut members = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let needs = package["dependencies"].as_array().unwrap().iter();
        let needs = needs.filter(|d| d["kind"].is_null()).map(|d| d["name"].as_str().unwrap().to_owned());
        members.insert(package["name"].as_str().unwrap().to_owned(), needs.collect());
    }
    members
}

#[test]
fn arrows_between_rooms_are_those_drawn() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("lianxian-model", &[] as &[&str]),
        ("lianxian-sfu", &["lianxian-model"]),
        ("lianxian-signaling", &["lianxian-model"]),
        ("lianxian-service", &["lianxian-model"]),
        ("lianxian-media", &["lianxian-model", "lianxian-service", "lianxian-sfu"]),
        ("lianxian-store", &["lianxian-model", "lianxian-service"]),
        ("lianxian-api", &["lianxian-model", "lianxian-service", "lianxian-signaling"]),
        ("lianxian-simulator", &["lianxian-model", "lianxian-signaling"]),
    ]);
    let members = dependencies();
    for (room, arrows) in &allowed {
        let found = members.get(*room).unwrap_or_else(|| panic!("room {room} is missing"));
        for target in found.iter().filter(|d| d.starts_with("lianxian")) {
            assert!(arrows.contains(&target.as_str()), "{room} -> {target} is no arrow of the house");
        }
    }
}

#[test]
fn crates_stay_in_their_rooms() {
    // (prefix of a crate's name, the rooms that may use it)
    let homes: [(&str, &[&str]); 7] = [
        ("rtc-", &["lianxian-sfu", "lianxian-load"]),
        ("webrtc", &["lianxian-simulator"]),
        ("livekit-", &["lianxian-signaling"]),
        ("sqlx", &["lianxian-store"]),
        ("axum", &["lianxian-api"]),
        ("quinn-udp", &["lianxian-media", "lianxian-load"]),
        ("tokio-tungstenite", &["lianxian-simulator", "lianxian-load", "lianxian"]),
    ];
    for (member, needs) in dependencies() {
        for need in needs {
            for (prefix, rooms) in &homes {
                assert!(
                    !need.starts_with(prefix) || rooms.contains(&member.as_str()),
                    "{member} uses {need}, which lives only in {rooms:?}"
                );
            }
        }
    }
}

#[test]
fn cores_are_free_of_io_and_of_the_runtime() {
    let members = dependencies();
    for core in ["lianxian-model", "lianxian-sfu", "lianxian-signaling"] {
        for banned in ["tokio", "axum", "sqlx", "mio", "socket2", "reqwest"] {
            assert!(!members[core].contains(banned), "{core} is a core: it does no IO, yet needs {banned}");
        }
    }
}

/// Files that people read at a sitting: `(path, text)` of what the project's engineers wrote.
fn sources() -> Vec<(PathBuf, String)> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| root().join(line))
        .filter_map(|path| std::fs::read_to_string(&path).ok().map(|text| (path, text)))
        .collect()
}

#[test]
fn no_file_needs_the_internet() {
    // A page that loads from elsewhere fails in an office without the internet; so does a public STUN server.
    let banned = [("stun", ":stun."), ("cdn", "//cdn."), ("unpkg", "//unpkg"), ("jsdelivr", "jsdelivr.net")];
    let mut checked = 0;
    for (path, text) in sources() {
        let shipped =
            ["ts", "tsx", "html", "css", "rs", "toml"].iter().any(|e| path.extension().is_some_and(|x| x == *e));
        if !shipped || path.ends_with("tests/tests/architecture.rs") {
            continue;
        }
        checked += 1;
        for (what, needle) in banned {
            assert!(!text.contains(needle), "{} names an outside host ({what})", path.display());
        }
    }
    assert!(checked > 50, "only {checked} files were read: is this a git checkout?");
}

#[test]
fn rooms_have_no_junk_drawers() {
    for (path, _) in sources() {
        let name = path.file_stem().map(|s| s.to_string_lossy().to_lowercase()).unwrap_or_default();
        for drawer in ["util", "utils", "common", "helper", "helpers", "manager"] {
            assert!(name != drawer, "{} is a junk drawer: name the file after its one subject", path.display());
        }
    }
}
