//! The store: service's ports over SQLite or PostgreSQL, one SQL text for both, one file for each aggregate.
//!
//! - [`Database::open`] takes `sqlite:<path>` or `postgres://…`, applies what is missing of the migrations, and serves.
//! - Writers follow one another, readers run beside them on a snapshot (`database`).
//! - What the two databases do not share is in `dialect`.
//! - Values go in and come out by `cells`; a row that does not read as what it should be is told, never guessed.

mod agreements;
mod assists;
mod attachments;
mod cards;
mod cases;
mod cells;
mod checkpoints;
mod checks;
mod database;
mod devices;
mod dialect;
mod directives;
mod drawings;
mod duty;
mod files;
mod guests;
mod ledger;
mod lock;
mod log_sync;
mod logins;
mod org;
mod people;
mod presence;
mod quality;
mod register;
mod requests;
mod select;
mod sessions;
mod tracks;
mod unit_of_work;
mod upkeep;
mod watches;

pub use database::{Database, MigrationStep, OpenError};
pub use files::Folder;
