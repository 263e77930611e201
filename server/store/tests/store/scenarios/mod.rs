//! The service's use cases as people meet them, over both databases.

mod administrators;
mod assists;
mod attachments;
mod audit;
mod cards;
mod cases;
mod checks;
mod conferences;
mod demo;
mod directives;
mod drawings;
mod duty;
mod encoders;
mod enrolment;
mod events;
mod guests;
mod keeping;
mod logins;
mod patrol;
mod privacy;
mod quality;
mod recovery;
mod repeats;
mod requests;
mod scope;
mod writing;
