//! Every trait group of the port: what was written is what is read.

mod cases;
mod checks;
pub mod district;
mod duty;
mod guests;
mod ledger;
mod logins;
mod org;
mod people;
mod presence;
mod quality;
mod register;
mod schema;
mod sessions;
mod tracks;
mod upkeep;
mod watches;
