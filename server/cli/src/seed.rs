//! `lianxian seed --demo`: the demonstration district in an empty database, its devices' tokens in a file beside it.

use crate::config::Config;
use crate::failure::Failure;
use crate::server::open_service;
use lianxian_service::Service;
use lianxian_service::bootstrap::FirstLogin;
use lianxian_service::demo::DemoSeed;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

pub async fn run(config: Config) -> Result<(), Failure> {
    let (database, service) = open_service(&config).await?;
    let seeded = fill(&config, &service).await;
    database.close().await;
    let seed = seeded?;
    println!("{}", logins_table(&seed.logins));
    println!("{} devices: {}", seed.devices.len(), offices_file(&config.data_dir).display());
    Ok(())
}

/// Seeds, and writes the devices' tokens to [`offices_file`], for its owner alone.
pub async fn fill(config: &Config, service: &Service) -> Result<DemoSeed, Failure> {
    std::fs::create_dir_all(&config.data_dir).map_err(Failure::file(&config.data_dir))?;
    let mut seed = service.seed_demo().await?;
    // Those that a demonstration shows first: the centre's hall and the street offices, then private rooms.
    seed.devices.sort_by_key(|device| device.site.ends_with("调解室"));
    let path = offices_file(&config.data_dir);
    let text = serde_json::to_string_pretty(&seed.devices)
        .map_err(|source| Failure::Offices { path: path.clone(), source })?;
    let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Failure::file(&path))?;
    Ok(seed)
}

pub fn offices_file(data_dir: &Path) -> PathBuf {
    data_dir.join("demo-offices.json")
}

pub fn logins_table(logins: &[FirstLogin]) -> String {
    let rows = logins
        .iter()
        .map(|login| format!("  {:<14}{:<16}{}（{}）", login.account, login.password, login.name, login.role.zh()));
    format!("  账号          口令            人员（角色）\n{}", rows.collect::<Vec<_>>().join("\n"))
}
