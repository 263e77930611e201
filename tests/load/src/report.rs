//! The table that people read, and the list that programs read.

use anyhow::Result;
use serde::Serialize;
use std::path::Path;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub name: String,
    /// Absent: it could not be measured in this run.
    pub value: Option<f64>,
    pub unit: String,
    pub aim: Option<String>,
    pub holds: Option<bool>,
}

#[derive(Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    pub fn plain(&mut self, name: impl Into<String>, value: f64, unit: &str) {
        self.add(name.into(), Some(value), unit, None, None);
    }

    /// A figure with an upper bound.
    pub fn at_most(&mut self, name: impl Into<String>, value: f64, unit: &str, bound: f64) {
        self.add(name.into(), Some(value), unit, Some(format!("<= {bound}")), Some(value <= bound));
    }

    /// A figure with a lower bound.
    pub fn at_least(&mut self, name: impl Into<String>, value: f64, unit: &str, bound: f64) {
        self.add(name.into(), Some(value), unit, Some(format!(">= {bound}")), Some(value >= bound));
    }

    pub fn absent(&mut self, name: impl Into<String>, unit: &str) {
        self.add(name.into(), None, unit, None, None);
    }

    fn add(&mut self, name: String, value: Option<f64>, unit: &str, aim: Option<String>, holds: Option<bool>) {
        let figure =
            Figure { name, value: value.map(|v| (v * 100.0).round() / 100.0), unit: unit.to_owned(), aim, holds };
        println!("{}", row(&figure));
        self.0.push(figure);
    }

    pub fn value(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|f| f.name == name)?.value
    }

    /// Takes in what the browser's tests left in the folder (`bench-….json`, one figure or a list).
    pub fn take_left(&mut self, folder: &Path) -> Result<()> {
        for text in left_in(folder) {
            let left: serde_json::Value = serde_json::from_str(&text)?;
            for more in left.as_array().map_or(std::slice::from_ref(&left), Vec::as_slice) {
                self.add(
                    more["name"].as_str().unwrap_or_default().to_owned(),
                    more["value"].as_f64(),
                    more["unit"].as_str().unwrap_or_default(),
                    more["aim"].as_str().map(str::to_owned),
                    more["holds"].as_bool(),
                );
            }
        }
        Ok(())
    }

    pub fn write(self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, serde_json::to_string_pretty(&self.0)?)?;
        println!("written to {}", path.display());
        Ok(())
    }
}

fn left_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let is_left = |name: &str| name.starts_with("bench-") && name.ends_with(".json");
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_left));
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

fn row(figure: &Figure) -> String {
    let value = figure.value.map_or_else(|| "absent".to_owned(), |v| v.to_string());
    let verdict = match (&figure.aim, figure.holds) {
        (Some(aim), Some(true)) => format!("aim {aim}: holds"),
        (Some(aim), Some(false)) => format!("aim {aim}: MISSED"),
        _ => String::new(),
    };
    format!("{:<58} {value:>10} {:<8} {verdict}", figure.name, figure.unit)
}
