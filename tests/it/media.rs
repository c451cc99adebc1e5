//! Media: every kind of file, from every source, through every interruption.

pub mod samples;
