//! `lianxian demo`: a server with the demonstration district, and offices that really stream to it.

use crate::config;
use crate::failure::Failure;
use crate::seed::{fill, logins_table, offices_file};
use crate::server::{Server, open_service};
use crate::{logging, signal, simulate};
use lianxian_service::demo::DEMO_PASSWORD;
use lianxian_simulator::Offices;
use std::net::SocketAddr;
use std::path::Path;

pub async fn run(folder: &Path, listen: SocketAddr, offices: usize) -> Result<(), Failure> {
    let data_dir = folder.join("data");
    let mut config = config::for_folder(&data_dir, listen);
    config.log.level = "warn".into();
    logging::start(&config.log);
    let stop = signal::stop_token().map_err(Failure::Runtime)?;

    let (database, service) = open_service(&config).await?;
    let filled = match service.is_empty().await {
        Ok(true) => fill(&config, &service).await.map(|seed| Some(seed.logins)),
        Ok(false) => Ok(None),
        Err(error) => Err(error.into()),
    };
    database.close().await;
    let logins = filled?;

    let devices = simulate::devices(&offices_file(&data_dir))?;
    let authority = data_dir.join("tls").join("ca.pem");
    let server = Server::start(config).await?;
    let streaming: Vec<_> = devices.into_iter().take(offices).collect();
    let names: Vec<String> = streaming.iter().map(|device| device.site.clone()).collect();
    let streams = match Offices::new(&server.url, Some(&authority), streaming) {
        Ok(offices) => tokio::spawn(offices.run(stop.clone())),
        Err(error) => {
            server.stop().await?;
            return Err(error.into());
        }
    };

    println!("\n连线 · 演示区已就绪\n");
    println!("  指挥台    {}/wall", server.url);
    println!("  工作站    {}/station", server.url);
    println!("  信任证书  {}（导入浏览器后不再提示；首次也可直接选择继续访问）", authority.display());
    println!("  推流场所  {}\n", names.join("、"));
    match logins {
        Some(logins) => println!("{}", logins_table(&logins)),
        None => println!("  沿用 {} 中的数据；演示账号的口令为 {DEMO_PASSWORD}，例如 zhihuizhang", folder.display()),
    }
    println!("\n按 Ctrl+C 结束。");

    stop.cancelled().await;
    let _ = streams.await;
    server.stop().await
}
