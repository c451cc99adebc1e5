//! What a workflow can wait for at X, one file per trigger, and the cursor they keep.

pub mod cursor;
mod delivered;
pub mod new_post;
pub mod window;
