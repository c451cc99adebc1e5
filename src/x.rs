//! What the endpoints of X share.

pub mod current_user;
pub mod first_attempt;
pub mod post_fields;
pub mod problem_body;
pub mod user_lookup;
