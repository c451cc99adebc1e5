//! Posts, timelines, likes and reposts at the simulated X.

use std::collections::{BTreeSet, HashMap};

/// How far back a timeline reaches.
pub(crate) const REACH: usize = 3_200;
/// How far back it reaches when replies are left out.
pub(crate) const REACH_WITHOUT_REPLIES: usize = 800;

/// A post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The id of this version.
    pub id: u64,
    /// Who wrote it.
    pub author_id: u64,
    /// When, in milliseconds since 1970.
    pub created_at_ms: u64,
    /// Timelines show it from then on.
    pub visible_from_ms: u64,
    /// The text as X shows it, cut when it is long.
    pub text: String,
    /// The whole text of a long post.
    pub long_text: Option<String>,
    /// The text as it was sent.
    pub sent_text: String,
    /// The post that it answers.
    pub replies_to: Option<u64>,
    /// The post that it repeats.
    pub repost_of: Option<u64>,
    /// The post that it quotes.
    pub quotes: Option<u64>,
    /// The first post of the conversation.
    pub conversation_id: u64,
    /// Attached media, in order.
    pub media_ids: Vec<u64>,
    /// Who is tagged in them.
    pub tagged_user_ids: Vec<u64>,
    /// The ids of all versions up to this one, the first one first.
    pub versions: Vec<u64>,
    /// The links in it: as shown, and as sent.
    pub links: Vec<Link>,
}

/// A link in a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The t.co address in the text.
    pub shown: String,
    /// Where it leads.
    pub target: String,
}

/// What a timeline is asked for. Bounds are exclusive.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimelineQuery {
    pub since_id: Option<u64>,
    pub until_id: Option<u64>,
    pub start_ms: Option<u64>,
    pub end_ms: Option<u64>,
    pub without_replies: bool,
    pub without_reposts: bool,
    pub limit: usize,
    pub short_pages: bool,
}

/// One page of a timeline, newest first.
#[derive(Debug)]
pub(crate) struct Page {
    pub ids: Vec<u64>,
    /// The next page begins below this id.
    pub next_below: Option<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Posts {
    by_id: HashMap<u64, Post>,
    /// The newest version of each post, by author.
    timelines: HashMap<u64, BTreeSet<u64>>,
    likes: HashMap<u64, BTreeSet<u64>>,
    /// (who, what) -> the repost.
    reposts: HashMap<(u64, u64), u64>,
    counts: HashMap<u64, Counts>,
    last_texts: HashMap<(u64, Option<u64>, String), u64>,
}

/// How often a post was liked and so on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub likes: u64,
    pub reposts: u64,
    pub replies: u64,
    pub quotes: u64,
}

impl Posts {
    pub fn get(&self, id: u64) -> Option<&Post> {
        self.by_id.get(&id)
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// All posts of all users, oldest first.
    pub fn all(&self) -> Vec<Post> {
        let mut posts: Vec<_> = self.by_id.values().cloned().collect();
        posts.sort_by_key(|post| post.id);
        posts
    }

    pub fn counts(&self, id: u64) -> Counts {
        self.counts.get(&id).copied().unwrap_or_default()
    }

    pub fn count_of(&self, author: u64) -> usize {
        self.timelines.get(&author).map_or(0, BTreeSet::len)
    }

    pub fn newest_of(&self, author: u64) -> Option<u64> {
        self.timelines.get(&author)?.last().copied()
    }

    pub fn add(&mut self, post: Post) -> &Post {
        let timeline = self.timelines.entry(post.author_id).or_default();
        if let [.., replaced, _] = post.versions.as_slice() {
            timeline.remove(replaced);
        }
        timeline.insert(post.id);
        if let Some(id) = post.replies_to {
            self.counts.entry(id).or_default().replies += 1;
        }
        if let Some(id) = post.quotes {
            self.counts.entry(id).or_default().quotes += 1;
        }
        if let Some(id) = post.repost_of {
            self.counts.entry(id).or_default().reposts += 1;
            self.reposts.insert((post.author_id, id), post.id);
        } else if !post.sent_text.is_empty() {
            self.last_texts.insert((post.author_id, post.replies_to, post.sent_text.clone()), post.id);
        }
        self.by_id.entry(post.id).insert_entry(post).into_mut()
    }

    /// The author's living post with the same text in the same place, if there is one.
    pub fn twin(&self, author: u64, replies_to: Option<u64>, text: &str) -> Option<&Post> {
        let id = self.last_texts.get(&(author, replies_to, text.to_owned()))?;
        self.by_id.get(id)
    }

    /// Takes the post away with all its versions, reposts and likes.
    pub fn remove(&mut self, id: u64) -> Option<Post> {
        let post = self.by_id.remove(&id)?;
        self.counts.remove(&id);
        let mut gone: Vec<(u64, u64)> = self
            .by_id
            .values()
            .filter(|other| other.repost_of == Some(id) || other.versions.contains(&id))
            .map(|other| (other.author_id, other.id))
            .collect();
        gone.extend(post.versions.iter().map(|&version| (post.author_id, version)));
        for (author, id) in gone {
            self.by_id.remove(&id);
            if let Some(timeline) = self.timelines.get_mut(&author) {
                timeline.remove(&id);
            }
        }
        self.reposts.retain(|&(_, source), repost| source != id && *repost != id);
        for liked in self.likes.values_mut() {
            liked.remove(&id);
        }
        if let Some(counts) = post.repost_of.and_then(|id| self.counts.get_mut(&id)) {
            counts.reposts = counts.reposts.saturating_sub(1);
        }
        if let Some(counts) = post.replies_to.and_then(|id| self.counts.get_mut(&id)) {
            counts.replies = counts.replies.saturating_sub(1);
        }
        Some(post)
    }

    /// Whether this changed anything.
    pub fn like(&mut self, user: u64, id: u64) -> bool {
        let new = self.likes.entry(user).or_default().insert(id);
        if new {
            self.counts.entry(id).or_default().likes += 1;
        }
        new
    }

    /// Whether this changed anything.
    pub fn unlike(&mut self, user: u64, id: u64) -> bool {
        let was = self.likes.get_mut(&user).is_some_and(|liked| liked.remove(&id));
        if let Some(counts) = self.counts.get_mut(&id).filter(|_| was) {
            counts.likes = counts.likes.saturating_sub(1);
        }
        was
    }

    pub fn liked_by(&self, user: u64) -> Vec<u64> {
        self.likes.get(&user).map(|liked| liked.iter().copied().collect()).unwrap_or_default()
    }

    /// The repost of `source` by `user`.
    pub fn repost_by(&self, user: u64, source: u64) -> Option<u64> {
        self.reposts.get(&(user, source)).copied()
    }

    /// The ids of the posts that `user` reposted, in order.
    pub fn reposted_by(&self, user: u64) -> Vec<u64> {
        let mut sources: Vec<_> = self.reposts.keys().filter(|(who, _)| *who == user).map(|(_, source)| *source).collect();
        sources.sort_unstable();
        sources
    }

    /// A page of the author's timeline. Only the newest posts are within reach, whatever else is asked for.
    pub fn timeline(&self, author: u64, asked: &TimelineQuery, now_ms: u64) -> Page {
        let reach = if asked.without_replies { REACH_WITHOUT_REPLIES } else { REACH };
        let wanted =
            |post: &&Post| !(asked.without_replies && post.replies_to.is_some() || asked.without_reposts && post.repost_of.is_some());
        let mut within = self
            .timelines
            .get(&author)
            .into_iter()
            .flat_map(|timeline| timeline.iter().rev())
            .filter_map(|id| self.by_id.get(id))
            .filter(|post| post.visible_from_ms <= now_ms)
            .take(reach)
            .filter(|post| asked.since_id.is_none_or(|since| post.id > since))
            .filter(|post| asked.until_id.is_none_or(|until| post.id < until))
            .filter(|post| asked.start_ms.is_none_or(|start| post.created_at_ms >= start))
            .filter(|post| asked.end_ms.is_none_or(|end| post.created_at_ms < end))
            .filter(|post| asked.short_pages || wanted(post));
        let mut page: Vec<&Post> = within.by_ref().take(asked.limit).collect();
        let more = within.next().is_some();
        let next_below = page.last().filter(|_| more).map(|post| post.id);
        page.retain(wanted);
        Page { ids: page.iter().map(|post| post.id).collect(), next_below }
    }
}
