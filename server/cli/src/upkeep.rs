//! `lianxian migrate` and `lianxian verify`: what an operator asks of a database that no server uses.

use crate::config::Config;
use crate::failure::Failure;
use crate::server::open_service;
use lianxian_service::Actor;
use lianxian_store::Database;

pub async fn migrate(config: Config, dry_run: bool) -> Result<(), Failure> {
    let url = config.database_url();
    if !dry_run {
        Database::open(&url).await?.close().await;
    }
    for step in Database::migrations(&url).await? {
        println!("{} {} {}", step.version, if step.applied { "applied" } else { "missing" }, step.name);
    }
    Ok(())
}

pub async fn verify(config: Config) -> Result<(), Failure> {
    let (database, service) = open_service(&config).await?;
    let checked = service.audit.verify(&Actor::System).await;
    database.close().await;
    let report = checked?;
    match report.broken_at {
        None => {
            println!("the audit chain is whole: {} rows", report.rows);
            Ok(())
        }
        Some(at) => Err(Failure::BrokenChain { at, rows: report.rows }),
    }
}
