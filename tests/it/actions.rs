//! The five actions, each by what it changes at X.

mod create_post;
mod delete_post;
pub mod files;
mod like_post;
mod post_addresses;
mod repost_post;
mod send_direct_message;
