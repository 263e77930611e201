//! The binary as an operator meets it: what it prints, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const STOP: Duration = Duration::from_secs(20);

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
fn a_server_whose_log_nobody_reads_any_more_still_stops() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.toml"), "listen = \"127.0.0.1:0\"\n[media]\nport = 0\n").unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_lianxian"))
        .args(["serve", "--config", "c.toml"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert!(ready.contains("ready"), "{ready}");
    drop(server.stderr.take());
    // The shell's own: a small Debian has no program of that name.
    assert!(Command::new("sh").args(["-c", &format!("kill {}", server.id())]).status().unwrap().success());
    let since = Instant::now();
    let ended = loop {
        match server.try_wait().unwrap() {
            Some(ended) => break Some(ended),
            None if since.elapsed() > STOP => break None,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    if ended.is_none() {
        server.kill().unwrap();
    }
    assert!(ended.expect("it stops").success());
}

#[test]
fn the_contract_is_printed() {
    let printed = lianxian(&["openapi"], Path::new("."));
    let contract: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert!(contract["paths"].as_object().unwrap().len() > 20);
}

#[test]
fn the_doctor_changes_nothing_and_fails_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |toml: &str| {
        let ports = "listen = \"127.0.0.1:0\"\ndata_dir = \"data\"\n";
        std::fs::write(folder.path().join("c.toml"), format!("{ports}{toml}\n[media]\nport = 0\n")).unwrap();
    };
    let doctor = || {
        let json = lianxian(&["doctor", "--config", "c.toml", "--json"], folder.path());
        let told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        let said = lianxian(&["doctor", "--config", "c.toml"], folder.path());
        assert_eq!(json.status.success(), said.status.success());
        assert_eq!(told["healthy"], said.status.success());
        (told, text(&said.stdout).to_owned())
    };
    let code = |told: &serde_json::Value, topic: &str| {
        let found = told["findings"].as_array().unwrap().iter().find(|finding| finding["topic"] == topic).cloned();
        let found = found.unwrap_or_else(|| panic!("no {topic} in {told}"));
        (found["verdict"].as_str().unwrap().to_owned(), found["code"].as_str().unwrap().to_owned())
    };

    write("");
    let (told, said) = doctor();
    assert!(told["healthy"].as_bool().unwrap(), "{said}");
    assert!(said.contains("[正常] 数据库：还没有，首次启动时建立"), "{said}");
    assert!(!folder.path().join("data").exists(), "looking makes nothing");

    // A database that is there, and one that cannot be opened.
    assert!(lianxian(&["seed", "--demo", "--config", "c.toml"], folder.path()).status.success());
    let (told, said) = doctor();
    assert_eq!(code(&told, "database").0, "good", "{said}");
    std::fs::write(folder.path().join("data/lianxian.db"), "no database").unwrap();
    let (told, said) = doctor();
    assert_eq!(code(&told, "database"), ("bad".into(), "database_unreachable".into()), "{said}");
    assert!(said.contains("[故障] 数据库") && said.contains("原因：") && said.contains("处理："), "{said}");

    write("[tls]\nmode = \"files\"\ncertificate = \"none.pem\"\nkey = \"none.key\"");
    let (told, said) = doctor();
    assert_eq!(code(&told, "certificate"), ("bad".into(), "certificate_unusable".into()));
    assert!(said.contains("none.pem"), "{said}");

    write("lisen = 1");
    let (told, said) = doctor();
    assert_eq!(code(&told, "config"), ("bad".into(), "config_refused".into()));
    assert!(said.contains("lisen"), "{said}");

    let nowhere = lianxian(&["doctor", "--address", "https://127.0.0.1:9", "--english"], folder.path());
    assert!(!nowhere.status.success());
    assert!(text(&nowhere.stdout).contains("[FAIL] HTTPS"), "{}", text(&nowhere.stdout));
}
