//! WIT names and the names that are made from them.

/// `edit-history-tweet-ids` becomes `edit_history_tweet_ids`.
pub(super) fn snake_case(wit: &str) -> String {
    wit.replace('-', "_").to_lowercase()
}

/// `oauth2-authorization-code` becomes `OAUTH2_AUTHORIZATION_CODE`.
pub(super) fn upper_snake_case(wit: &str) -> String {
    wit.replace('-', "_").to_uppercase()
}

/// `create-post` becomes `createPost`.
pub(super) fn lower_camel_case(wit: &str) -> String {
    let mut name = String::new();
    for (index, word) in wit.split('-').enumerate() {
        if index == 0 {
            name.push_str(&word.to_lowercase());
        } else {
            name.push_str(&capitalised(&word.to_lowercase()));
        }
    }
    name
}

/// `already-done` becomes `Already done`.
pub(super) fn sentence_case(wit: &str) -> String {
    capitalised(&wit.replace('-', " "))
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wit_names_turn_into_each_spelling_mechanically() {
        assert_eq!(snake_case("dm-conversation-id"), "dm_conversation_id");
        assert_eq!(upper_snake_case("text-area"), "TEXT_AREA");
        assert_eq!(lower_camel_case("send-direct-message"), "sendDirectMessage");
        assert_eq!(sentence_case("already-done"), "Already done");
    }
}
