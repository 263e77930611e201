//! The cases of the table.

use crate::janus::{self, Janus};
use crate::lianxian::Server;
use crate::plane::{Plane, Report};
use crate::process::Process;
use crate::report::Figures;
use crate::source::PACKETS_PER_FRAME;
use crate::viewer::Manner;
use anyhow::Result;
use std::path::Path;
use std::time::{Duration, Instant};

const PACKETS_OUT: &str = "lianxian_media_rtp_out_total";
const DATAGRAMS_OUT: &str = "lianxian_media_socket_datagrams_out_total";
const MESSAGES_OUT: &str = "lianxian_media_socket_messages_out_total";
const WARM_UP: Duration = Duration::from_secs(2);
const WALL: (usize, usize) = (12, 10);
/// How many viewers there are where Janus is compared and where the aims hold.
const COMPARED: usize = 200;
/// From here on the publisher sends a quarter: two cores carry the viewers' side too.
const CROWD: usize = 1_000;
const CROWD_PACKETS_PER_FRAME: usize = 2;
const ATTENTIVE: Manner = Manner::Attentive { lost_per_mille: 0 };
/// The loss whose repair is measured.
const LOST_PER_MILLE: u32 = 30;
/// Publishers, viewers and pictures of each; low layers.
const SOAK: (usize, usize, usize) = (32, 10, 25);
const SOAK_PACKETS_PER_FRAME: usize = 1;
const MINUTE: Duration = Duration::from_secs(60);
/// Rooms, viewers of each and packets of a frame that are more than one core forwards.
const FULL: (usize, usize, usize) = (4, 300, 32);

struct Measured {
    report: Report,
    us_per_packet: f64,
}

/// One publisher and its viewers.
struct Room {
    measured: Measured,
    /// Memory that each viewer took, in KiB.
    memory: f64,
    /// Datagrams that left as one message (UDP GSO), on average.
    run_length: f64,
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
    tell_delays(figures, case, report);
    if let Some(first) = percentile(&report.first_packets, 50) {
        figures.plain(format!("{case}: join to first packet p50"), first.as_secs_f64() * 1e3, "ms");
    }
    figures.plain(format!("{case}: packets received"), report.received as f64, "packets");
}

fn tell_delays(figures: &mut Figures, case: &str, report: &Report) {
    for p in [50, 99] {
        if let Some(ns) = percentile(&report.delays_ns, p) {
            figures.plain(format!("{case}: added latency p{p}"), ns as f64 / 1e6, "ms");
        }
    }
}

pub async fn run(binary: &Path, viewers: &[usize], time: Duration) -> Result<Figures> {
    let mut figures = Figures::default();
    let floor = floor(&mut figures)?;
    figures.at_most("memory per idle viewer", idle_memory(binary).await?, "KiB", 64.0);

    for &count in viewers {
        let case = format!("lianxian 1 x {count}");
        let Room { measured, memory, run_length } = one_to_many(binary, count, ATTENTIVE, time).await?;
        let name = format!("{case}: CPU per forwarded packet");
        if count >= CROWD {
            figures.plain(format!("{case}: memory per receiving viewer"), memory, "KiB");
        }
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
        figures.plain(format!("{case}: datagrams in a message"), run_length, "");
        figures.at_most(format!("{case}: packets lost"), measured.report.lost as f64, "packets", 0.0);
        tell(&mut figures, &case, &measured);
    }
    let case = format!("lianxian wall {} x {}", WALL.0, WALL.1);
    let measured = wall(binary, time).await?;
    figures.plain(format!("{case}: CPU per forwarded packet"), measured.us_per_packet, "us");
    figures.at_most(format!("{case}: packets lost"), measured.report.lost as f64, "packets", 0.0);
    tell(&mut figures, &case, &measured);

    repair(&mut figures, binary, time).await?;
    cores(&mut figures, binary, time).await?;

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
        tell_delays(&mut figures, &case, &measured.report);
        let ours = figures.value(&format!("lianxian 1 x {COMPARED}: CPU per forwarded packet")).unwrap_or(f64::NAN);
        figures.at_most("ratio to janus at the same load", ours / measured.us_per_packet, "x", 0.25);
    } else {
        figures.absent(name, "us");
    }
    Ok(figures)
}

/// What losses cost: the same viewers, of which each loses a little and asks for it again.
async fn repair(figures: &mut Figures, binary: &Path, time: Duration) -> Result<()> {
    let manner = Manner::Attentive { lost_per_mille: LOST_PER_MILLE };
    let Room { measured, .. } = one_to_many(binary, COMPARED, manner, time).await?;
    let case = format!("lianxian 1 x {COMPARED}, {} % lost", f64::from(LOST_PER_MILLE) / 10.0);
    figures.plain(format!("{case}: CPU per forwarded packet"), measured.us_per_packet, "us");
    let share = measured.report.repaired as f64 / measured.report.thrown.max(1) as f64;
    figures.at_least(format!("{case}: share that came again"), share, "", 0.95);
    if let Some(without) = figures.value(&format!("lianxian 1 x {COMPARED}: CPU per forwarded packet")) {
        figures.at_most(format!("{case}: ratio to none lost"), measured.us_per_packet / without, "x", 1.5);
    }
    Ok(())
}

/// How many packets leave in a second when there are more than can: with one worker, and with two. Their receivers are deaf, so that
/// the cores are the server's.
async fn cores(figures: &mut Figures, binary: &Path, time: Duration) -> Result<()> {
    let mut rates = Vec::new();
    for workers in [1, 2] {
        let (rate, share) = full(binary, workers, time).await?;
        let case = format!("lianxian {} rooms, {workers} workers", FULL.0);
        figures.plain(format!("{case}: packets out"), rate, "/s");
        figures.plain(format!("{case}: cores taken"), share, "");
        rates.push(rate);
    }
    if let [one, two] = rates[..] {
        figures.at_least("lianxian: two workers to one", two / one, "x", 1.7);
    }
    Ok(())
}

/// Packets out in a second, and how much of the cores the server took for them.
async fn full(binary: &Path, workers: usize, time: Duration) -> Result<(f64, f64)> {
    let server = Server::start(binary, workers).await?;
    let plane = Plane::start()?;
    let (rooms, viewers, packets) = FULL;
    let mut links = Vec::new();
    plane.hold(true);
    for room in 0..rooms {
        links.push(server.publish(&plane, &format!("full-{room}"), "publisher", packets).await?);
        for n in 0..viewers {
            links.push(server.view(&plane, &format!("full-{room}"), &format!("viewer-{n}"), Manner::Deaf).await?);
        }
    }
    plane.hold(false);
    tokio::time::sleep(WARM_UP).await;
    let (before, spent, from) = (server.metric(PACKETS_OUT).await?, server.process.cpu()?, Instant::now());
    tokio::time::sleep(time).await;
    let out = server.metric(PACKETS_OUT).await? - before;
    let (spent, passed) = ((server.process.cpu()? - spent).as_secs_f64(), from.elapsed().as_secs_f64());
    drop(links);
    server.process.stop().await?;
    Ok((out / passed, spent / passed))
}

fn floor(figures: &mut Figures) -> Result<f64> {
    let floor = crate::floor::sendmmsg_us(COMPARED)?;
    figures.plain("sendmmsg floor, 64 a call, no crypto", floor, "us");
    Ok(floor)
}

/// Memory that the process grew by for each viewer that is linked, but sent nothing.
async fn idle_memory(binary: &Path) -> Result<f64> {
    let server = Server::start(binary, 0).await?;
    let plane = Plane::start()?;
    // The first one warms what is made once.
    let mut links = vec![server.view(&plane, "idle", "first", ATTENTIVE).await?];
    let before = server.process.memory()?;
    for n in 0..COMPARED {
        links.push(server.view(&plane, "idle", &format!("idle-{n}"), ATTENTIVE).await?);
    }
    let grown = kib_each(server.process.memory()?, before, COMPARED);
    drop(links);
    server.process.stop().await?;
    Ok(grown)
}

fn kib_each(after: u64, before: u64, count: usize) -> f64 {
    after.saturating_sub(before) as f64 / count as f64 / 1024.0
}

async fn one_to_many(binary: &Path, count: usize, manner: Manner, time: Duration) -> Result<Room> {
    let server = Server::start(binary, 0).await?;
    let plane = Plane::start()?;
    let packets = if count >= CROWD { CROWD_PACKETS_PER_FRAME } else { PACKETS_PER_FRAME };
    let mut links = vec![server.publish(&plane, "one", "publisher", packets).await?];
    links.push(server.view(&plane, "one", "first", manner).await?);
    tokio::time::sleep(WARM_UP).await;
    let before = server.process.memory()?;
    for n in 1..count {
        links.push(server.view(&plane, "one", &format!("viewer-{n}"), manner).await?);
    }
    let sent = (server.metric(DATAGRAMS_OUT).await?, server.metric(MESSAGES_OUT).await?);
    let measured = measure(&plane, &server.process, time).await?;
    let datagrams = server.metric(DATAGRAMS_OUT).await? - sent.0;
    let run_length = datagrams / (server.metric(MESSAGES_OUT).await? - sent.1).max(1.0);
    let memory = kib_each(server.process.memory()?, before, count - 1);
    drop(links);
    server.process.stop().await?;
    Ok(Room { measured, memory, run_length })
}

async fn wall(binary: &Path, time: Duration) -> Result<Measured> {
    let server = Server::start(binary, 0).await?;
    let plane = Plane::start()?;
    let mut links = Vec::new();
    for n in 0..WALL.0 {
        links.push(server.publish(&plane, "wall", &format!("publisher-{n}"), PACKETS_PER_FRAME).await?);
    }
    for n in 0..WALL.1 {
        links.push(server.view(&plane, "wall", &format!("viewer-{n}"), ATTENTIVE).await?);
    }
    let measured = measure(&plane, &server.process, time).await?;
    drop(links);
    server.process.stop().await?;
    Ok(measured)
}

/// A wall for a long time: what is lost, and whether memory grows. The first minute is for what is made once.
pub async fn soak(binary: &Path, minutes: u64) -> Result<Figures> {
    let mut figures = Figures::default();
    let server = Server::start(binary, 0).await?;
    let plane = Plane::start()?;
    let (publishers, viewers, pictures) = SOAK;
    let mut links = Vec::new();
    for n in 0..publishers {
        links.push(server.publish(&plane, "soak", &format!("publisher-{n}"), SOAK_PACKETS_PER_FRAME).await?);
    }
    for n in 0..viewers {
        links.push(server.view_some(&plane, "soak", &format!("viewer-{n}"), pictures).await?);
    }
    let case = format!("soak, {publishers} publishers, {viewers} viewers of {pictures}");
    tokio::time::sleep(MINUTE).await;
    plane.measure(true);
    let (cpu, mut memories) = (server.process.cpu()?, vec![server.process.memory()?]);
    for minute in 1..=minutes {
        tokio::time::sleep(MINUTE).await;
        memories.push(server.process.memory()?);
        eprintln!("minute {minute}: {} KiB", memories.last().unwrap_or(&0) / 1024);
    }
    let share = (server.process.cpu()? - cpu).as_secs_f64() / (MINUTE.as_secs() * minutes) as f64;
    let report = plane.report().await?;
    figures.plain(format!("{case}: packets received"), report.received as f64, "packets");
    figures.at_most(format!("{case}: packets lost"), report.lost as f64, "packets", 0.0);
    figures.plain(format!("{case}: share of a core"), share, "");
    if let (Some(first), Some(last)) = (memories.first(), memories.last()) {
        figures.plain(format!("{case}: memory"), *last as f64 / 1024.0 / 1024.0, "MiB");
        figures.at_most(format!("{case}: memory at the end to the first"), *last as f64 / *first as f64, "x", 1.05);
    }
    tell_delays(&mut figures, &case, &report);
    drop(links);
    server.process.stop().await?;
    Ok(figures)
}

/// What a second core gives, without the rest of the table.
pub async fn cores_alone(binary: &Path, time: Duration) -> Result<()> {
    cores(&mut Figures::default(), binary, time).await
}

/// What Janus costs, without anything beside it.
pub async fn janus_alone(count: usize, time: Duration) -> Result<()> {
    let mut figures = Figures::default();
    let measured = janus_one_to_many(count, time).await?;
    let case = format!("janus 1 x {count}");
    figures.plain(format!("{case}: CPU per forwarded packet"), measured.us_per_packet, "us");
    tell_delays(&mut figures, &case, &measured.report);
    Ok(())
}

/// The viewers join in silence: under the full load a flight of a handshake is lost now and then, and how they join is not compared.
async fn janus_one_to_many(count: usize, time: Duration) -> Result<Measured> {
    let mut janus = Janus::start().await?;
    let plane = Plane::start()?;
    let feed = janus.publish(&plane).await?;
    plane.hold(true);
    for _ in 0..count {
        janus.view(&plane, feed).await?;
    }
    plane.hold(false);
    janus.keep_alive().await?;
    let measured = measure(&plane, &janus.process, time).await?;
    janus.process.stop().await?;
    Ok(measured)
}
