//! The cases of the table.

use crate::janus::{self, Janus};
use crate::lianxian::Server;
use crate::plane::{Plane, Report};
use crate::process::Process;
use crate::report::Figures;
use anyhow::Result;
use std::path::Path;
use std::time::Duration;

const WARM_UP: Duration = Duration::from_secs(2);
const WALL: (usize, usize) = (12, 10);
/// How many viewers there are where Janus is compared and where the aims hold.
const COMPARED: usize = 200;

struct Measured {
    report: Report,
    us_per_packet: f64,
}

/// Counts for a while, with the process's CPU time over it.
async fn measure(plane: &Plane, process: &Process, time: Duration) -> Result<Measured> {
    tokio::time::sleep(WARM_UP).await;
    plane.measure(true);
    let before = process.cpu()?;
    tokio::time::sleep(time).await;
    let spent = process.cpu()? - before;
    plane.measure(false);
    let report = plane.report().await?;
    let us_per_packet = spent.as_secs_f64() * 1e6 / (report.received.max(1)) as f64;
    Ok(Measured { report, us_per_packet })
}

fn percentile<T: Copy>(sorted: &[T], p: usize) -> Option<T> {
    sorted.get((sorted.len().saturating_sub(1)) * p / 100).copied()
}

fn tell(figures: &mut Figures, case: &str, measured: &Measured) {
    let report = &measured.report;
    for p in [50, 99] {
        if let Some(ns) = percentile(&report.delays_ns, p) {
            figures.plain(format!("{case}: added latency p{p}"), ns as f64 / 1e6, "ms");
        }
    }
    if let Some(first) = percentile(&report.first_packets, 50) {
        figures.plain(format!("{case}: join to first packet p50"), first.as_secs_f64() * 1e3, "ms");
    }
    figures.plain(format!("{case}: packets received"), report.received as f64, "packets");
}

pub async fn run(binary: &Path, viewers: &[usize], time: Duration) -> Result<Figures> {
    let mut figures = Figures::default();
    let floor = floor(&mut figures)?;
    figures.at_most("memory per idle viewer", idle_memory(binary).await?, "KiB", 64.0);

    for &count in viewers {
        let case = format!("lianxian 1 x {count}");
        let (measured, memory) = one_to_many(binary, count, time).await?;
        let name = format!("{case}: CPU per forwarded packet");
        match count {
            COMPARED => {
                figures.at_most(name, measured.us_per_packet, "us", 4.0);
                figures.at_most(
                    format!("{case}: ratio to the sendmmsg floor"),
                    measured.us_per_packet / floor,
                    "x",
                    1.5,
                );
                figures.at_most("memory per receiving viewer", memory, "KiB", 100.0);
            }
            _ => figures.plain(name, measured.us_per_packet, "us"),
        }
        figures.at_most(format!("{case}: packets lost"), measured.report.lost as f64, "packets", 0.0);
        tell(&mut figures, &case, &measured);
    }
    let case = format!("lianxian wall {} x {}", WALL.0, WALL.1);
    let measured = wall(binary, time).await?;
    figures.plain(format!("{case}: CPU per forwarded packet"), measured.us_per_packet, "us");
    figures.at_most(format!("{case}: packets lost"), measured.report.lost as f64, "packets", 0.0);
    tell(&mut figures, &case, &measured);

    let case = format!("janus 1 x {COMPARED}");
    let name = format!("{case}: CPU per forwarded packet");
    let beside = match viewers.contains(&COMPARED) && janus::is_installed() {
        true => janus_one_to_many(COMPARED, time)
            .await
            .inspect_err(|error| eprintln!("Janus was not measured: {error:#}"))
            .ok(),
        false => None,
    };
    if let Some(measured) = beside {
        figures.plain(name, measured.us_per_packet, "us");
        figures.plain(format!("{case}: packets lost"), measured.report.lost as f64, "packets");
        tell(&mut figures, &case, &measured);
        let ours = figures.value(&format!("lianxian 1 x {COMPARED}: CPU per forwarded packet")).unwrap_or(f64::NAN);
        figures.at_most("ratio to janus at the same load", ours / measured.us_per_packet, "x", 0.25);
    } else {
        figures.absent(name, "us");
    }
    Ok(figures)
}

fn floor(figures: &mut Figures) -> Result<f64> {
    let floor = crate::floor::sendmmsg_us(COMPARED)?;
    figures.plain("sendmmsg floor, 64 a call, no crypto", floor, "us");
    Ok(floor)
}

/// Memory that the process grew by for each viewer that is linked, but sent nothing.
async fn idle_memory(binary: &Path) -> Result<f64> {
    let server = Server::start(binary).await?;
    let plane = Plane::start()?;
    // The first one warms what is made once.
    let mut links = vec![server.view(&plane, "idle", "first").await?];
    let before = server.process.memory()?;
    for n in 0..COMPARED {
        links.push(server.view(&plane, "idle", &format!("idle-{n}")).await?);
    }
    let grown = kib_each(server.process.memory()?, before, COMPARED);
    drop(links);
    server.process.stop().await?;
    Ok(grown)
}

fn kib_each(after: u64, before: u64, count: usize) -> f64 {
    after.saturating_sub(before) as f64 / count as f64 / 1024.0
}

/// Also tells the memory that each viewer took, in KiB.
async fn one_to_many(binary: &Path, count: usize, time: Duration) -> Result<(Measured, f64)> {
    let server = Server::start(binary).await?;
    let plane = Plane::start()?;
    let mut links = vec![server.publish(&plane, "one", "publisher").await?];
    links.push(server.view(&plane, "one", "first").await?);
    tokio::time::sleep(WARM_UP).await;
    let before = server.process.memory()?;
    for n in 1..count {
        links.push(server.view(&plane, "one", &format!("viewer-{n}")).await?);
    }
    let measured = measure(&plane, &server.process, time).await?;
    let each = kib_each(server.process.memory()?, before, count - 1);
    drop(links);
    server.process.stop().await?;
    Ok((measured, each))
}

async fn wall(binary: &Path, time: Duration) -> Result<Measured> {
    let server = Server::start(binary).await?;
    let plane = Plane::start()?;
    let mut links = Vec::new();
    for n in 0..WALL.0 {
        links.push(server.publish(&plane, "wall", &format!("publisher-{n}")).await?);
    }
    for n in 0..WALL.1 {
        links.push(server.view(&plane, "wall", &format!("viewer-{n}")).await?);
    }
    let measured = measure(&plane, &server.process, time).await?;
    drop(links);
    server.process.stop().await?;
    Ok(measured)
}

async fn janus_one_to_many(count: usize, time: Duration) -> Result<Measured> {
    let mut janus = Janus::start().await?;
    let plane = Plane::start()?;
    let feed = janus.publish(&plane).await?;
    for _ in 0..count {
        janus.view(&plane, feed).await?;
    }
    janus.keep_alive().await?;
    let measured = measure(&plane, &janus.process, time).await?;
    janus.process.stop().await?;
    Ok(measured)
}
