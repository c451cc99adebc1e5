//! Media: every kind of file, from every source, with both kinds of credential, through every interruption.

mod addresses;
mod attached;
mod bad_files;
mod bad_servers;
mod processed;
mod resumed;
mod resumed_wrongly;
pub mod samples;
