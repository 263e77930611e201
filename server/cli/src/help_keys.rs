//! The help keys of simulated offices: a number and Enter at the terminal.

use lianxian_simulator::HelpKeys;
use std::io::BufRead as _;
use tokio::sync::mpsc;

/// Presses whose keys are still to be told to the server.
const QUEUE: usize = 16;

/// Asks for help whenever a key is pressed, until nothing more can be read.
pub async fn serve(mut keys: HelpKeys) {
    let (send, mut pressed) = mpsc::channel::<String>(QUEUE);
    // A thread of its own, that nobody waits for: reading a terminal cannot be called off.
    let reader = std::thread::Builder::new().name("help-keys".into());
    let started = reader.spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.blocking_send(line).is_err() {
                return;
            }
        }
    });
    if let Err(error) = started {
        tracing::warn!(%error, "help keys cannot be read");
    }
    while let Some(line) = pressed.recv().await {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let asked = match line.parse() {
            Ok(key) => keys.press(key).await,
            Err(_) => Err(lianxian_simulator::HelpError::NoKey(0)),
        };
        match asked {
            Ok(asked) => println!("  {}  {}", asked.number, asked.sentence),
            Err(error) => println!("  {line}: {error}"),
        }
    }
}
