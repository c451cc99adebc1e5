//! Connecting an account: where the browser comes back to, and what it brings.
//!
//! The steps themselves (making the address, exchanging the code) belong to the connector; see its interface
//! `connection`. What happens between them is the same for every connector and is here: a listener on loopback that takes
//! one callback (RFC 8252, section 7.3), and the checks of RFC 6749, section 4.1.2.

mod callback;
mod connected;
mod listener;
mod page;
mod steps;

pub use callback::{Callback, CallbackError, Expected};
pub use connected::{Connected, case_and_party};
pub use listener::{Answer, ListenError, Listener, Pending};
pub use steps::{Begun, BegunOAuth1, OAuth1Token, Steps};
