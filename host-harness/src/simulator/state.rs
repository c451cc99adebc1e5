//! Everything that the simulated X remembers.

use std::collections::HashMap;

use super::apps::Apps;
use super::auth::Tokens;
use super::auth::oauth1::Oauth1;
use super::authorization::Grants;
use super::billing::Ledger;
use super::limits::Windows;
use super::media::MediaStore;
use super::messages::Messages;
use super::options::Options;
use super::posts::{Post, Posts};
use super::text;
use super::users::Users;

/// X's ids count milliseconds from here.
const ID_EPOCH_MS: u64 = 1_288_834_974_657;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub users: Users,
    pub posts: Posts,
    pub messages: Messages,
    pub media: MediaStore,
    pub apps: Apps,
    pub tokens: Tokens,
    pub oauth1: Oauth1,
    pub grants: Grants,
    pub windows: Windows,
    pub ledger: Ledger,
    /// What was changed by calls, by endpoint.
    pub effects: HashMap<&'static str, u64>,
    /// How many calls came in, by endpoint.
    pub calls: HashMap<&'static str, u64>,
    /// The account that owns the developer app.
    pub app_owner: u64,
    /// What may be spent in all, in millionths of a US dollar.
    pub credits: Option<i64>,
    last_id: u64,
}

/// A post that is about to be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub author_id: u64,
    pub text: String,
    pub replies_to: Option<u64>,
    pub repost_of: Option<u64>,
    pub quotes: Option<u64>,
    pub media_ids: Vec<u64>,
    pub tagged_user_ids: Vec<u64>,
    /// The version that this one replaces.
    pub edits: Option<u64>,
    /// How long after its creation timelines show it, in milliseconds.
    pub hidden_ms: u64,
}

impl State {
    /// A new id: larger than all before, and made of the time like X's own.
    pub fn next_id(&mut self, now_ms: u64) -> u64 {
        self.last_id = first_id_at(now_ms).max(self.last_id + 1);
        while self.posts.get(self.last_id).is_some() {
            self.last_id += 1;
        }
        self.last_id
    }

    /// An unused id of a time that may be long past.
    pub fn id_at(&self, at_ms: u64) -> u64 {
        let mut id = first_id_at(at_ms);
        while self.posts.get(id).is_some() {
            id += 1;
        }
        id
    }

    /// Puts the post where X would: text rewritten, long text cut, conversation and versions worked out.
    pub fn publish(&mut self, draft: Draft, id: u64, at_ms: u64, options: &Options) -> &Post {
        let replaced = draft.edits.and_then(|old| self.posts.get(old));
        let mut versions = replaced.map_or_else(Vec::new, |old| old.versions.clone());
        versions.push(id);
        let conversation_id =
            draft.replies_to.and_then(|parent| self.posts.get(parent)).or(replaced).map_or(id, |post| post.conversation_id);
        let sent_text = draft.text;
        let long = text::weighted_length(&sent_text) > 280;
        let has_media = !draft.media_ids.is_empty();
        let (text, long_text, links) = if long {
            let whole = if options.rewrite_text { text::rewrite(&sent_text, false, id).0 } else { sent_text.clone() };
            (text::cut(&sent_text), Some(whole), Vec::new())
        } else if options.rewrite_text && draft.repost_of.is_none() {
            let (text, links) = text::rewrite(&sent_text, has_media, id);
            (text, None, links)
        } else {
            (sent_text.clone(), None, Vec::new())
        };
        let post = Post {
            id,
            author_id: draft.author_id,
            created_at_ms: at_ms,
            visible_from_ms: at_ms + draft.hidden_ms,
            text,
            long_text,
            sent_text,
            replies_to: draft.replies_to,
            repost_of: draft.repost_of,
            quotes: draft.quotes,
            conversation_id,
            media_ids: draft.media_ids,
            tagged_user_ids: draft.tagged_user_ids,
            versions,
            links,
        };
        self.posts.add(post)
    }

    /// The text of a repost: who wrote what is repeated.
    pub fn repost_text(&self, source: &Post) -> String {
        let author = self.users.get(source.author_id);
        let username = author.map_or("", |user| user.username.as_str());
        format!("RT @{username}: {}", source.text)
    }
}

fn first_id_at(at_ms: u64) -> u64 {
    at_ms.saturating_sub(ID_EPOCH_MS) << 22
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_even_when_time_stands_still() {
        let mut state = State::default();
        let now = ID_EPOCH_MS + 1;
        let first = state.next_id(now);
        assert_eq!(first, 1 << 22);
        assert_eq!(state.next_id(now), first + 1);
        assert_eq!(state.next_id(now + 1), 2 << 22);
        assert_eq!(state.next_id(now), (2 << 22) + 1);
    }
}
