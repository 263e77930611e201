//! Use cases, one folder per noun, and the ports that they need.
//!
//! [`Service`] is cheap to clone. Every use case takes an [`actor::Actor`] and answers with a value or a
//! [`error::ServiceError`]; whatever it changed is one transaction with its audit row and its events.

pub mod accounts;
pub mod actor;
pub mod assists;
pub mod attachments;
pub mod audit;
pub mod bootstrap;
pub mod cards;
pub mod cases;
pub mod checks;
pub mod core;
pub mod demo;
pub mod directives;
pub mod drawings;
pub mod duty;
pub mod encoders;
pub mod enrolments;
pub mod error;
pub mod events;
pub mod guests;
pub mod keeping;
pub mod links;
pub mod logins;
pub mod net;
pub mod org;
pub mod page;
pub mod ports;
pub mod presence;
pub mod recovery;
pub mod register;
pub mod requests;
mod secrets;
pub mod sessions;
pub mod stations;
mod texts;
pub mod watches;
mod work;

pub use crate::core::{Service, Setup};
pub use actor::Actor;
pub use error::{ErrorKind, ServiceError, ServiceResult};
pub use page::{Page, PageRequest};
