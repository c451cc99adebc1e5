//! X's objects as JSON: the fields that were asked for, in the dialect that was spoken.

use serde_json::{Map, Value, json};

use super::billing::{Bill, Item};
use super::clock::rfc3339;
use super::media::Upload;
use super::media::category::Kind;
use super::messages::DirectMessage;
use super::posts::Post;
use super::query::{Dialect, Query};
use super::state::State;
use super::users::User;

/// Writes objects and remembers what else has to go into `includes`.
pub(crate) struct Presenter<'a> {
    state: &'a State,
    query: &'a Query,
    users: Vec<u64>,
    posts: Vec<u64>,
    media: Vec<u64>,
}

fn note(list: &mut Vec<u64>, id: u64) {
    if !list.contains(&id) {
        list.push(id);
    }
}

impl<'a> Presenter<'a> {
    pub fn new(state: &'a State, query: &'a Query) -> Self {
        Self { state, query, users: Vec::new(), posts: Vec::new(), media: Vec::new() }
    }

    fn word(&self, tweet: &'static str, post: &'static str) -> &'static str {
        match self.query.dialect {
            Dialect::Tweet => tweet,
            Dialect::Post => post,
        }
    }

    fn expands(&self, tweet: &'static str, post: &'static str) -> bool {
        self.query.has("expansions", self.word(tweet, post))
    }

    /// A post, with its author and so on noted for `includes`.
    pub fn post(&mut self, post: &Post) -> Value {
        if self.expands("author_id", "author_id") {
            note(&mut self.users, post.author_id);
        }
        let parent = post.replies_to.and_then(|id| self.state.posts.get(id));
        if self.expands("in_reply_to_user_id", "in_reply_to_user_id")
            && let Some(parent) = parent
        {
            note(&mut self.users, parent.author_id);
        }
        let through = self.expands("referenced_tweets.id.author_id", "referenced_posts");
        if through || self.expands("referenced_tweets.id", "referenced_posts") {
            for (_, id) in references(post) {
                if let Some(other) = self.state.posts.get(id) {
                    note(&mut self.posts, id);
                    if self.query.dialect == Dialect::Tweet && through {
                        note(&mut self.users, other.author_id);
                    }
                }
            }
        }
        if self.expands("attachments.media_keys", "attachments.media_keys") {
            for id in &post.media_ids {
                note(&mut self.media, *id);
            }
        }
        self.bare_post(post)
    }

    /// A post by itself.
    fn bare_post(&self, post: &Post) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| {
            object.insert(name.to_owned(), value);
        };
        let fields = self.word("tweet.fields", "post.fields");
        let asked = |name: &str| self.query.has(fields, name);
        let tweets = self.query.dialect == Dialect::Tweet;
        put("id", json!(post.id.to_string()));
        put("text", json!(post.text));
        put(self.word("edit_history_tweet_ids", "edit_history_post_ids"), json!(strings(&post.versions)));
        // Who wrote it and what it refers to are fields in one dialect, expansions in both.
        if asked("author_id") || self.expands("author_id", "author_id") {
            put("author_id", json!(post.author_id.to_string()));
        }
        let referring = if tweets {
            asked("referenced_tweets") || self.expands("referenced_tweets.id", "") || self.expands("referenced_tweets.id.author_id", "")
        } else {
            self.expands("", "referenced_posts")
        };
        let references = references(post);
        if referring && !references.is_empty() {
            let items: Vec<Value> = references.iter().map(|(kind, id)| json!({"type": kind, "id": id.to_string()})).collect();
            put(self.word("referenced_tweets", "referenced_posts"), json!(items));
        }
        let replied_to = post.replies_to.and_then(|id| self.state.posts.get(id));
        if (asked("in_reply_to_user_id") || self.expands("in_reply_to_user_id", "in_reply_to_user_id"))
            && let Some(parent) = replied_to
        {
            put("in_reply_to_user_id", json!(parent.author_id.to_string()));
        }
        if asked("created_at") {
            put("created_at", json!(rfc3339(post.created_at_ms)));
        }
        if asked("conversation_id") {
            put("conversation_id", json!(post.conversation_id.to_string()));
        }
        if asked("lang") {
            put("lang", json!("en"));
        }
        if asked("reply_settings") {
            put("reply_settings", json!("everyone"));
        }
        if asked("possibly_sensitive") {
            put("possibly_sensitive", json!(false));
        }
        if asked("display_text_range") {
            put("display_text_range", json!([0, post.text.chars().count()]));
        }
        if asked("edit_controls") {
            let first = post.versions.first().copied().unwrap_or(post.id);
            let opened = self.state.posts.get(first).map_or(post.created_at_ms, |first| first.created_at_ms);
            put(
                "edit_controls",
                json!({
                    "edits_remaining": 6_usize.saturating_sub(post.versions.len()),
                    "is_edit_eligible": post.repost_of.is_none() && post.replies_to.is_none(),
                    "editable_until": rfc3339(opened + 60 * 60 * 1000),
                }),
            );
        }
        if asked("attachments") && !post.media_ids.is_empty() {
            let keys: Vec<String> = self.media_of(&post.media_ids).map(Upload::key).collect();
            put("attachments", json!({"media_keys": keys}));
        }
        if asked("entities") && !post.links.is_empty() {
            put("entities", json!({"urls": urls(post)}));
        }
        if asked(self.word("note_tweet", "note_post"))
            && let Some(text) = &post.long_text
        {
            put(self.word("note_tweet", "note_post"), json!({"text": text}));
        }
        if asked("public_metrics") {
            let counts = self.state.posts.counts(post.id);
            let mut metrics = json!({
                "reply_count": counts.replies,
                "like_count": counts.likes,
                "quote_count": counts.quotes,
                "bookmark_count": 0,
                "impression_count": 0,
            });
            metrics[self.word("retweet_count", "repost_count")] = json!(counts.reposts);
            put("public_metrics", metrics);
        }
        Value::Object(object)
    }

    /// An account, with its pinned post noted for `includes`.
    pub fn user(&mut self, user: &User) -> Value {
        if self.expands("pinned_tweet_id", "pinned_post_id")
            && let Some(id) = user.pinned_post_id
        {
            note(&mut self.posts, id);
        }
        if self.expands("most_recent_tweet_id", "most_recent_post_id")
            && let Some(id) = self.state.posts.newest_of(user.id)
        {
            note(&mut self.posts, id);
        }
        self.bare_user(user)
    }

    fn bare_user(&self, user: &User) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| {
            object.insert(name.to_owned(), value);
        };
        let asked = |name: &str| self.query.has("user.fields", name);
        put("id", json!(user.id.to_string()));
        put("name", json!(user.name));
        put("username", json!(user.username));
        if asked("created_at") {
            put("created_at", json!(rfc3339(user.created_at_ms)));
        }
        if asked("description") {
            put("description", json!(user.description));
        }
        if asked("protected") {
            put("protected", json!(user.protected));
        }
        if asked("verified") {
            put("verified", json!(user.verified));
        }
        if asked("verified_type") {
            let kind = if user.verified { "blue" } else { "none" };
            put("verified_type", json!(kind));
        }
        if asked("subscription_type") {
            let kind = if user.premium { "Premium" } else { "None" };
            put("subscription_type", json!(kind));
        }
        if asked("receives_your_dm") {
            put("receives_your_dm", json!(user.accepts_direct_messages));
        }
        if asked("profile_image_url") {
            let address = "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png";
            put("profile_image_url", json!(address));
        }
        let pinned = self.word("pinned_tweet_id", "pinned_post_id");
        if (asked(pinned) || self.query.has("expansions", pinned))
            && let Some(id) = user.pinned_post_id
        {
            put(pinned, json!(id.to_string()));
        }
        let newest = self.word("most_recent_tweet_id", "most_recent_post_id");
        if (asked(newest) || self.query.has("expansions", newest))
            && let Some(id) = self.state.posts.newest_of(user.id)
        {
            put(newest, json!(id.to_string()));
        }
        if asked("public_metrics") {
            let mut metrics = json!({
                "followers_count": 0,
                "following_count": 0,
                "listed_count": 0,
                "like_count": self.state.posts.liked_by(user.id).len(),
            });
            if self.query.dialect == Dialect::Post {
                metrics["media_count"] = json!(0);
            }
            metrics[self.word("tweet_count", "post_count")] = json!(self.state.posts.count_of(user.id));
            put("public_metrics", metrics);
        }
        Value::Object(object)
    }

    /// A direct message, with what it names noted for `includes`.
    pub fn message(&mut self, message: &DirectMessage) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| {
            object.insert(name.to_owned(), value);
        };
        let asked = |name: &str| self.query.has("dm_event.fields", name);
        let expands = |name: &str| self.query.has("expansions", name);
        put("id", json!(message.id.to_string()));
        put("event_type", json!("MessageCreate"));
        if !message.text.is_empty() {
            put("text", json!(message.text));
        }
        if asked("created_at") {
            put("created_at", json!(rfc3339(message.created_at_ms)));
        }
        if asked("dm_conversation_id") {
            put("dm_conversation_id", json!(message.conversation_id()));
        }
        if asked("sender_id") || expands("sender_id") {
            put("sender_id", json!(message.sender_id.to_string()));
        }
        if asked("attachments") && !message.media_ids.is_empty() {
            let keys: Vec<String> = self.media_of(&message.media_ids).map(Upload::key).collect();
            put("attachments", json!({"media_keys": keys}));
        }
        if expands("sender_id") {
            note(&mut self.users, message.sender_id);
        }
        if expands("attachments.media_keys") {
            for id in &message.media_ids {
                note(&mut self.media, *id);
            }
        }
        Value::Object(object)
    }

    fn media_of<'b>(&self, ids: &'b [u64]) -> impl Iterator<Item = &'a Upload> + use<'a, 'b> {
        let state = self.state;
        ids.iter().filter_map(|id| state.media.get(*id))
    }

    fn bare_media(&self, media: &Upload) -> Value {
        let mut object = json!({"media_key": media.key(), "type": media.shown_type()});
        let asked = |name: &str| self.query.has("media.fields", name);
        if let Some(image) = media.image {
            if asked("width") && image.width > 0 {
                object["width"] = json!(image.width);
            }
            if asked("height") && image.height > 0 {
                object["height"] = json!(image.height);
            }
        }
        if asked("alt_text")
            && let Some(text) = &media.alt_text
        {
            object["alt_text"] = json!(text);
        }
        if asked("url") && media.category.kind == Kind::Image {
            object["url"] = json!(format!("https://pbs.twimg.com/media/{}.jpg", media.id));
        }
        object
    }

    /// `includes`, if anything was noted, and what reading it costs.
    pub fn includes(self) -> (Option<Value>, Vec<Bill>) {
        let mut includes = Map::new();
        let mut bills = Vec::new();
        let users: Vec<Value> = self.users.iter().filter_map(|id| self.state.users.get(*id)).map(|user| self.bare_user(user)).collect();
        let posts: Vec<Value> = self.posts.iter().filter_map(|id| self.state.posts.get(*id)).map(|post| self.bare_post(post)).collect();
        let media: Vec<Value> = self.media_of(&self.media).map(|media| self.bare_media(media)).collect();
        let read = |item| move |&resource: &u64| Bill { item, resource };
        bills.extend(self.users.iter().map(read(Item::UserRead)));
        bills.extend(self.posts.iter().map(read(Item::PostRead)));
        let posts_name = self.word("tweets", "posts");
        for (name, items) in [("users", users), (posts_name, posts), ("media", media)] {
            if !items.is_empty() {
                includes.insert(name.to_owned(), Value::Array(items));
            }
        }
        let includes = (!includes.is_empty()).then_some(Value::Object(includes));
        (includes, bills)
    }
}

/// Ids as X writes them.
pub(crate) fn strings(ids: &[u64]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn references(post: &Post) -> Vec<(&'static str, u64)> {
    [("retweeted", post.repost_of), ("quoted", post.quotes), ("replied_to", post.replies_to)]
        .into_iter()
        .filter_map(|(kind, id)| Some((kind, id?)))
        .collect()
}

fn urls(post: &Post) -> Vec<Value> {
    post.links
        .iter()
        .filter_map(|link| {
            let at = post.text.find(&link.shown)?;
            let start = post.text[..at].chars().count();
            let display = link.target.split("://").nth(1).unwrap_or(&link.target);
            Some(json!({
                "start": start,
                "end": start + link.shown.chars().count(),
                "url": link.shown,
                "expanded_url": link.target,
                "display_url": display,
            }))
        })
        .collect()
}
