//! `lianxian`: the one binary. Reads the configuration, wires the rooms together, and ends them in order.

mod clock;
mod command;
mod config;
mod demo;
mod doctor;
mod failure;
mod help_keys;
mod logging;
mod seed;
mod server;
mod signal;
mod simulate;
mod upkeep;

use clap::Parser as _;
use command::{Command, Line};
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Line::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("lianxian: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    if let Command::Openapi = command {
        println!("{}", lianxian_api::openapi());
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Runtime)?;
    let outcome = runtime.block_on(async {
        match command {
            Command::Serve { config } => {
                let config = config::load(config.as_deref())?;
                logging::start(&config.log);
                server::serve(config).await
            }
            Command::Demo { folder, listen, offices } => demo::run(&folder, listen, offices).await,
            Command::Seed { demo: _, config } => seed::run(config::load(config.as_deref())?).await,
            Command::Simulate { server, ca, offices } => simulate::run(&server, ca.as_deref(), &offices).await,
            Command::Migrate { config, dry_run } => upkeep::migrate(config::load(config.as_deref())?, dry_run).await,
            Command::Verify { config } => upkeep::verify(config::load(config.as_deref())?).await,
            Command::Doctor { address, config, ca, json, english } => {
                doctor::run(doctor::Ask { address, config, ca, json, english }).await
            }
            Command::Openapi => Ok(()),
        }
    });
    // What still runs by then was told to stop long ago.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    outcome
}
