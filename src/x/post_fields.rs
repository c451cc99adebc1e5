//! A post as X sends it, in either dialect: `tweet.fields` before August 2026, `post.fields` since.

use alloc::{string::String, vec::Vec};

use crate::auth::Accepts;
use crate::id::PostId;
use crate::json::Json;
use crate::text::same::{self, Link};

/// What the timeline of an account accepts: `GET /2/users/{id}/tweets`.
pub const ACCEPTS: Accepts = Accepts::ANY.with_scopes(&["tweet.read", "users.read"]);

/// What a post of a timeline holds; everything but the id may be missing.
#[derive(Debug)]
pub struct PostFields {
    pub id: PostId,
    /// The text as X sends it, cut where the post is long.
    pub text: String,
    pub full_text: String,
    pub author_id: Option<String>,
    pub created_at: Option<String>,
    pub conversation_id: Option<String>,
    /// The ids of all its versions, where X tells them.
    pub versions: Vec<PostId>,
    pub relation: Relation,
    /// The links of the post in their short and long forms.
    pub links: Vec<Link>,
    /// How many media objects are attached.
    pub media_count: usize,
}

/// What a post is to other posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Own,
    Reply,
    Repost,
    Quote,
}

impl PostFields {
    /// Reads a post; `None` when it has no id.
    #[must_use]
    pub fn read(json: &Json) -> Option<Self> {
        let text = json.get("text").to_text().unwrap_or_default();
        let note = json.get_either(["note_tweet", "note_post"]);
        let mut links = same::links(json.get("entities"));
        links.extend(same::links(note.get("entities")));
        Some(Self {
            id: PostId::from_digits(json.get("id").as_text()?)?,
            full_text: note.get("text").to_text().unwrap_or_else(|| text.clone()),
            text,
            author_id: json.get("author_id").to_text(),
            created_at: json.get("created_at").to_text(),
            conversation_id: json.get("conversation_id").to_text(),
            versions: json
                .get_either(["edit_history_tweet_ids", "edit_history_post_ids"])
                .texts()
                .filter_map(PostId::from_digits)
                .collect(),
            relation: relation(json.get_either(["referenced_tweets", "referenced_posts"])),
            links,
            media_count: json.get("attachments").get("media_keys").items().len(),
        })
    }
}

/// A repost is a repost whatever else it is; a reply that quotes is a reply.
fn relation(references: &Json) -> Relation {
    let has = |names: [&str; 2]| {
        references.items().iter().any(|reference| reference.get("type").as_text().is_some_and(|kind| names.contains(&kind)))
    };
    if has(["retweeted", "reposted"]) {
        Relation::Repost
    } else if has(["replied_to", "reply_to"]) {
        Relation::Reply
    } else if has(["quoted", "quote"]) {
        Relation::Quote
    } else {
        Relation::Own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_dialects_are_read() {
        let old = r#"{"id":"1","text":"cut","edit_history_tweet_ids":["1"],"referenced_tweets":[{"type":"replied_to","id":"2"}],"note_tweet":{"text":"whole"}}"#;
        let new = r#"{"id":"1","text":"cut","edit_history_post_ids":["1"],"referenced_posts":[{"type":"replied_to","id":"2"}],"note_post":{"text":"whole"},"later":{}}"#;
        for text in [old, new] {
            let post = PostFields::read(&Json::read(text.as_bytes()).expect("JSON")).expect("a post");
            assert_eq!(
                (post.full_text.as_str(), post.text.as_str(), post.relation, post.versions.len()),
                ("whole", "cut", Relation::Reply, 1)
            );
        }
    }
}
