//! Variables that override keys of the file, for containers and service managers.

use super::ConfigError;
use toml::{Table, Value};

#[derive(Clone, Copy)]
pub enum Form {
    Text,
    Number,
    /// Comma separated.
    List,
}

/// (variable, table or "", key, form)
pub const VARIABLES: [(&str, &str, &str, Form); 15] = [
    ("LIANXIAN_LISTEN", "", "listen", Form::Text),
    ("LIANXIAN_DATA_DIR", "", "data_dir", Form::Text),
    ("LIANXIAN_DATABASE", "", "database", Form::Text),
    ("LIANXIAN_TLS_MODE", "tls", "mode", Form::Text),
    ("LIANXIAN_TLS_CERTIFICATE", "tls", "certificate", Form::Text),
    ("LIANXIAN_TLS_KEY", "tls", "key", Form::Text),
    ("LIANXIAN_TLS_NAMES", "tls", "names", Form::List),
    ("LIANXIAN_MEDIA_LISTEN", "media", "listen", Form::Text),
    ("LIANXIAN_MEDIA_PORT", "media", "port", Form::Number),
    ("LIANXIAN_MEDIA_ADDRESSES", "media", "addresses", Form::List),
    ("LIANXIAN_MEDIA_TCP_PORT", "media", "tcp_port", Form::Number),
    ("LIANXIAN_MEDIA_WORKERS", "media", "workers", Form::Number),
    ("LIANXIAN_MEDIA_BUSY_LIMIT", "media", "busy_limit", Form::Number),
    ("LIANXIAN_LOG_LEVEL", "log", "level", Form::Text),
    ("LIANXIAN_LOG_FORMAT", "log", "format", Form::Text),
];

pub fn lay_over(table: &mut Table, lookup: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    for (name, section, key, form) in VARIABLES {
        let Some(text) = lookup(name) else { continue };
        let value = match form {
            Form::Text => Value::String(text),
            Form::Number => match text.trim().parse::<u16>() {
                Ok(number) => Value::Integer(number.into()),
                Err(_) => {
                    let expected = "a whole number from 0 to 65535";
                    return Err(ConfigError::Environment { name, value: text, expected });
                }
            },
            Form::List => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
            }
        };
        let target = if section.is_empty() {
            &mut *table
        } else {
            let sub = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            let wrong = || ConfigError::Check { key: section, detail: "it is a table, written [like this]".into() };
            sub.as_table_mut().ok_or_else(wrong)?
        };
        target.insert(key.to_owned(), value);
    }
    Ok(())
}
