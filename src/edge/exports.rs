//! The exported functions: one line each, from the bindings to the core and back.

use alloc::string::String;

use wasip2::cli::environment;

use crate::actions;
use crate::bindings::{self, actions as action_types, triggers as trigger_types, types::Error};
use crate::connection::Connection;
use crate::edge::Wasi;
use crate::error::Failure;
use crate::session::Session;
use crate::triggers;

struct Component;

/// Runs one call: reads the connection from the environment, begins a session, and gives the core the rest.
#[allow(clippy::result_large_err, reason = "the error is the bindings' own, and is made once a call")]
fn call<T>(run: impl FnOnce(&Session<'_>) -> Result<T, Failure>) -> Result<T, Error> {
    let connection = Connection::read(&environment::get_environment())?;
    Ok(run(&Session::new(&connection, &Wasi))?)
}

impl action_types::Guest for Component {
    fn create_post(input: action_types::CreatePostInput) -> Result<action_types::CreatePostOutput, Error> {
        call(|session| actions::create_post::run(session, input))
    }

    fn delete_post(input: action_types::DeletePostInput) -> Result<action_types::DeletePostOutput, Error> {
        call(|session| actions::delete_post::run(session, &input))
    }

    fn like_post(input: action_types::LikePostInput) -> Result<action_types::LikePostOutput, Error> {
        call(|session| actions::like_post::run(session, &input))
    }

    fn repost_post(input: action_types::RepostPostInput) -> Result<action_types::RepostPostOutput, Error> {
        call(|session| actions::repost_post::run(session, &input))
    }

    fn send_direct_message(input: action_types::SendDirectMessageInput) -> Result<action_types::SendDirectMessageOutput, Error> {
        call(|session| actions::send_direct_message::run(session, input))
    }
}

impl trigger_types::Guest for Component {
    fn poll_new_post(input: trigger_types::NewPostInput, cursor: Option<String>) -> Result<trigger_types::NewPostOutput, Error> {
        call(|session| triggers::new_post::run(session, &input, cursor.as_deref()))
    }
}

/// The glue of the canonical ABI, all of it generated.
#[allow(unsafe_code)]
mod glue {
    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings);
}
