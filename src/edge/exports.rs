//! The exported functions: one line each, from the bindings to the core and back.

use alloc::string::String;

use wasip2::cli::environment;

use crate::actions;
use crate::auth::{oauth1::three_legged, oauth2};
use crate::bindings::{self, actions as action_types, connection as steps, triggers as trigger_types, types::Error};
use crate::connection::Connection;
use crate::edge::Wasi;
use crate::error::Failure;
use crate::session::Session;
use crate::triggers;
use crate::verify;

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

    fn upload_media(input: action_types::UploadMediaInput) -> Result<action_types::UploadMediaOutput, Error> {
        call(|session| actions::upload_media::run(session, input))
    }
}

impl trigger_types::Guest for Component {
    fn poll_new_post(input: trigger_types::NewPostInput, cursor: Option<String>) -> Result<trigger_types::NewPostOutput, Error> {
        call(|session| triggers::new_post::run(session, &input, cursor.as_deref()))
    }
}

impl steps::Guest for Component {
    fn authorization_url(input: steps::AuthorizationUrlInput) -> Result<steps::Authorization, Error> {
        call(|session| oauth2::authorization_url::run(session, &input))
    }

    fn exchange_code(input: steps::ExchangeCodeInput) -> Result<steps::Tokens, Error> {
        call(|session| oauth2::exchange_code::run(session, &input))
    }

    fn refresh_tokens() -> Result<steps::Tokens, Error> {
        call(oauth2::refresh_tokens::run)
    }

    fn revoke_token() -> Result<steps::Revocation, Error> {
        call(oauth2::revoke_token::run)
    }

    fn exchange_oauth1_token(input: steps::ExchangeOauth1TokenInput) -> Result<steps::Tokens, Error> {
        call(|session| oauth2::exchange_oauth1_token::run(session, &input))
    }

    fn request_app_token() -> Result<steps::AppToken, Error> {
        call(oauth2::request_app_token::run)
    }

    fn request_oauth1_token(input: steps::RequestOauth1TokenInput) -> Result<steps::Oauth1Authorization, Error> {
        call(|session| three_legged::begin(session, &input))
    }

    fn exchange_oauth1_verifier() -> Result<steps::Oauth1Token, Error> {
        call(three_legged::end)
    }

    fn verify(input: steps::VerifyInput) -> Result<steps::Verification, Error> {
        call(|session| verify::run(session, &input))
    }
}

/// The glue of the canonical ABI, all of it generated.
#[allow(unsafe_code)]
mod glue {
    use super::{Component, bindings};

    bindings::export!(Component with_types_in bindings::glue);
}
