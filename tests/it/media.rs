//! Media: every kind of file, from every source, with both kinds of credential, through every interruption.

mod attached;
mod resumed;
pub mod samples;
