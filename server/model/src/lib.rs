//! The nouns of Lianxian, their states and rules. No IO, no async, no clock: everything is told to it.

pub mod assist;
pub mod attachment;
pub mod audit;
pub mod card;
pub mod case;
pub mod check;
pub mod directive;
pub mod drawing;
pub mod duty;
pub mod event;
pub mod guest;
pub mod ids;
pub mod link;
pub mod media;
pub mod org;
pub mod people;
pub mod quality;
pub mod register;
pub mod request;
pub mod roles;
pub mod session;
pub mod time;
pub mod words;
pub mod writing;

/// For the macro [`words!`], which describes each enum of words to the API.
#[doc(hidden)]
pub use utoipa;
