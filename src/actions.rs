//! What a workflow can do at X, one file per action.

pub mod create_post;
pub mod delete_post;
pub mod like_post;
pub mod repost_post;
pub mod send_direct_message;
pub mod upload_media;
