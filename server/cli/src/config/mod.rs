//! The configuration: one TOML file with defaults that work without it, the environment over it, checked before anything
//! starts. docs/reference/configuration.md explains every key.

mod environment;
mod model;

pub use model::{Config, Log, LogFormat, TlsMode};

use std::path::{Path, PathBuf};
use toml::Table;

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration {path} cannot be read: {source}", path = .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the configuration {path} is no TOML: {detail}", path = .path.display())]
    Syntax { path: PathBuf, detail: String },
    #[error("the configuration is not as it must be: {0}")]
    Value(String),
    #[error("{name} is {value:?}: {expected}")]
    Environment { name: &'static str, value: String, expected: &'static str },
    #[error("{key}: {detail}")]
    Check { key: &'static str, detail: String },
}

/// Reads the file (none: the defaults), lays the environment over it, and checks the whole.
pub fn load(path: Option<&Path>) -> Result<Config, ConfigError> {
    let mut table = match path {
        None => Table::new(),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
            let syntax =
                |error: toml::de::Error| ConfigError::Syntax { path: path.to_owned(), detail: error.to_string() };
            text.parse::<Table>().map_err(syntax)?
        }
    };
    environment::lay_over(&mut table, |name| std::env::var(name).ok())?;
    read(table)
}

/// Defaults, with these two set. For the demonstration.
pub fn for_folder(data_dir: &Path, listen: std::net::SocketAddr) -> Config {
    Config { data_dir: data_dir.to_owned(), listen, ..Config::default() }
}

fn read(table: Table) -> Result<Config, ConfigError> {
    let config: Config = table.try_into().map_err(|error: toml::de::Error| ConfigError::Value(flat(&error)))?;
    config.check()?;
    Ok(config)
}

/// The error in one line.
fn flat(error: &toml::de::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        read(text.parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_configured_is_the_default() {
        let config = parse("").unwrap();
        assert_eq!(config.listen.to_string(), "0.0.0.0:8443");
        assert_eq!(config.media.port, 8444);
        assert_eq!(config.media.busy_limit, 85);
        assert!(config.database_url().starts_with("sqlite:"));
    }

    #[test]
    fn an_error_names_the_key_and_what_is_accepted() {
        for (text, words) in [
            ("lisen = \"0.0.0.0:1\"", &["lisen", "listen", "data_dir"] as &[&str]),
            ("listen = \"8443\"", &["listen", "address"]),
            ("[tls]\nmode = \"none\"", &["mode", "none", "self_made", "files", "off"]),
            ("[tls]\nmode = \"files\"", &["tls.certificate", "tls.key"]),
            ("[media]\nport = 70000", &["port", "70000"]),
            ("[media]\nworkers = 65", &["media.workers", "64"]),
            ("[media]\nbusy_limit = 101", &["media.busy_limit", "101", "100"]),
            ("[media]\nbusy_limit = -1", &["busy_limit"]),
            ("[media]\naddresses = [\"here\"]", &["addresses"]),
            ("database = \"mysql://x\"", &["database", "sqlite:", "postgres://"]),
            ("[log]\nformat = \"xml\"", &["format", "text", "json"]),
            ("[[integration_keys]]\nkey = \"a\"\nsecret = \"short\"\npurpose = \"p\"", &["integration_keys", "32"]),
        ] {
            let error = parse(text).expect_err(text);
            for word in words {
                assert!(error.contains(word), "{text:?} gives {error:?}, which does not name {word:?}");
            }
        }
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let mut table: Table = "listen = \"127.0.0.1:1\"\n[media]\nport = 9\n".parse().unwrap();
        let set = |name: &str| match name {
            "LIANXIAN_LISTEN" => Some("127.0.0.1:2".to_owned()),
            "LIANXIAN_MEDIA_ADDRESSES" => Some("10.0.0.1, 10.0.0.2".to_owned()),
            _ => None,
        };
        environment::lay_over(&mut table, set).unwrap();
        let config = read(table).unwrap();
        assert_eq!((config.listen.port(), config.media.port, config.media.addresses.len()), (2, 9, 2));
        let wrong = |name: &str| (name == "LIANXIAN_MEDIA_PORT").then(|| "many".to_owned());
        let error = environment::lay_over(&mut Table::new(), wrong).unwrap_err().to_string();
        assert!(error.contains("LIANXIAN_MEDIA_PORT") && error.contains("65535"), "{error}");
    }

    #[test]
    fn the_reference_explains_every_key() {
        let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/configuration.md");
        let reference = std::fs::read_to_string(reference).unwrap();
        for key in model::KEYS {
            assert!(reference.contains(&format!("`{key}`")), "docs/reference/configuration.md lacks `{key}`");
        }
        for (name, ..) in environment::VARIABLES {
            assert!(reference.contains(&format!("`{name}`")), "docs/reference/configuration.md lacks `{name}`");
        }
    }
}
