//! `lianxian demo`: a server with the demonstration district, and offices that really stream to it.

use crate::config::{self, Config};
use crate::failure::Failure;
use crate::seed::{fill, logins_table, offices_file};
use crate::server::{Server, open_service};
use crate::{help_keys, logging, signal, simulate};
use lianxian_service::Service;
use lianxian_service::bootstrap::FirstLogin;
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
        Ok(true) => fill_with_requests(&config, &service).await.map(Some),
        Ok(false) => Ok(None),
        Err(error) => Err(error.into()),
    };
    database.close().await;
    let logins = filled?;

    let devices = simulate::devices(&offices_file(&data_dir))?;
    let authority = data_dir.join("tls").join("ca.pem");
    let server = Server::start(config).await?;
    let streaming: Vec<_> = devices.into_iter().take(offices).collect();
    let (streams, keys) = match Offices::new(&server.url, Some(&authority), streaming) {
        Ok(offices) => {
            let keys = offices.help_keys();
            (tokio::spawn(offices.run(stop.clone())), keys)
        }
        Err(error) => {
            server.stop().await?;
            return Err(error.into());
        }
    };

    println!("\n连线 · 演示区已就绪\n");
    println!("  指挥台    {}/wall", server.url);
    println!("  求助台    {}/desk", server.url);
    println!("  工作站    {}/station", server.url);
    println!("  信任证书  {}（导入浏览器后不再提示；首次也可直接选择继续访问）", authority.display());
    println!("\n  推流场所，也是求助键：输入序号并回车，该场所即向中心求助（用 zhibanyuan 登录求助台接听）");
    for (at, site) in (1..).zip(keys.sites()) {
        println!("    {at}  {site}");
    }
    println!();
    match logins {
        Some(logins) => println!("{}", logins_table(&logins)),
        None => println!("  沿用 {} 中的数据；演示账号的口令为 {DEMO_PASSWORD}，例如 zhihuizhang", folder.display()),
    }
    println!("\n按 Ctrl+C 结束。");

    tokio::spawn(help_keys::serve(keys));
    stop.cancelled().await;
    let _ = streams.await;
    server.stop().await
}

/// The district, and a day's work in it.
async fn fill_with_requests(config: &Config, service: &Service) -> Result<Vec<FirstLogin>, Failure> {
    let seed = fill(config, service).await?;
    service.seed_demo_requests().await?;
    Ok(seed.logins)
}
