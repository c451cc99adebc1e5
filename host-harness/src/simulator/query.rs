//! Strict query strings: known parameters, valid values, and the dialect in which the answer is written.

use super::clock;
use super::options::UnknownFields;
use super::problem::Refusal;
use super::shape::is_id;

/// A query parameter of an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
}

/// What its value must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Id,
    /// Up to so many ids, with commas between them.
    Ids(usize),
    Integer {
        minimum: u64,
        maximum: u64,
    },
    Time,
    /// A page token of at least so many characters.
    Token(usize),
    /// Distinct choices, with commas between them.
    Choices(&'static [&'static str]),
    /// Field names, with commas between them; X may drop unknown ones.
    Fields(&'static [&'static str]),
}

impl Parameter {
    pub const fn optional(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: false }
    }

    pub const fn required(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: true }
    }
}

/// The two vocabularies of X's answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `tweet.fields`, `referenced_tweets`, `retweet_count`.
    #[default]
    Tweet,
    /// `post.fields`, `referenced_posts`, `repost_count` (since August 2026).
    Post,
}

/// A checked query string.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(&'static str, String)>,
    pub dialect: Dialect,
}

impl Query {
    /// Reads and checks a raw query string.
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn parse(raw: &str, known: &'static [Parameter], unknown_fields: UnknownFields) -> Result<Self, Refusal> {
        let mut query = Self::default();
        let (mut tweet_words, mut post_words) = (false, false);
        for (name, value) in url::form_urlencoded::parse(raw.as_bytes()) {
            let Some(parameter) = known.iter().find(|parameter| parameter.name == name) else {
                let names: Vec<_> = known.iter().map(|parameter| parameter.name).collect();
                let message = format!("The query parameter [{name}] is not one of [{}]", names.join(","));
                return Err(Refusal::invalid(&name, &value, &message));
            };
            if query.get(parameter.name).is_some() {
                let message = format!("The query parameter [{name}] can not be repeated");
                return Err(Refusal::invalid(&name, &value, &message));
            }
            let value = check(parameter, value.into_owned(), unknown_fields)?;
            match parameter.name {
                "tweet.fields" => tweet_words = true,
                "post.fields" => post_words = true,
                "expansions" => {
                    for word in value.split(',') {
                        tweet_words |= TWEET_EXPANSIONS_ALONE.contains(&word);
                        post_words |= POST_EXPANSIONS_ALONE.contains(&word);
                    }
                }
                _ => {}
            }
            query.pairs.push((parameter.name, value));
        }
        if let Some(missing) = known.iter().find(|parameter| parameter.required && query.get(parameter.name).is_none()) {
            let message = format!("The `{}` query parameter can not be empty", missing.name);
            return Err(Refusal::invalid(missing.name, "", &message));
        }
        if tweet_words && post_words {
            let message = "The fields and expansions of Tweets and of Posts can not be mixed";
            return Err(Refusal::invalid("post.fields", "", message));
        }
        if post_words {
            query.dialect = Dialect::Post;
        }
        Ok(query)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// An id or a number; both were checked.
    pub fn number(&self, name: &str) -> Option<u64> {
        // Nineteen digits can be more than 64 bits hold by no more than a factor that no id reaches.
        self.get(name).map(|value| value.parse().unwrap_or(u64::MAX))
    }

    /// A time in milliseconds since 1970.
    pub fn time(&self, name: &str) -> Option<u64> {
        self.get(name).and_then(clock::parse_rfc3339)
    }

    /// Whether a list has the word.
    pub fn has(&self, name: &str, word: &str) -> bool {
        self.get(name).is_some_and(|value| value.split(',').any(|item| item == word))
    }
}

fn check(parameter: &Parameter, value: String, unknown_fields: UnknownFields) -> Result<String, Refusal> {
    let name = parameter.name;
    let refuse = |message: String| Err(Refusal::invalid(name, &value, &message));
    let invalid = || refuse(format!("The `{name}` query parameter value [{value}] is not valid"));
    match parameter.kind {
        Kind::Id => {
            if !is_id(&value) {
                return invalid();
            }
        }
        Kind::Ids(most) => {
            let count = value.split(',').count();
            if count > most {
                return refuse(format!("The number of values in the `{name}` query parameter list [{count}] is not between 1 and {most}"));
            }
            if !value.split(',').all(is_id) {
                return invalid();
            }
        }
        Kind::Integer { minimum, maximum } => {
            let within = |number: u64| (minimum..=maximum).contains(&number);
            if !value.parse().is_ok_and(within) {
                return refuse(format!("The `{name}` query parameter value [{value}] is not between {minimum} and {maximum}"));
            }
        }
        Kind::Time => {
            if clock::parse_rfc3339(&value).is_none() {
                return invalid();
            }
        }
        Kind::Token(shortest) => {
            if value.len() < shortest {
                return invalid();
            }
        }
        Kind::Choices(allowed) | Kind::Fields(allowed) => {
            let words: Vec<&str> = value.split(',').collect();
            let repeated = |nth: usize, word: &&str| words[..nth].contains(word);
            if words.iter().enumerate().any(|(nth, word)| repeated(nth, word)) {
                return invalid();
            }
            if let Some(unknown) = words.iter().find(|word| !allowed.contains(word)) {
                let droppable = matches!(parameter.kind, Kind::Fields(_));
                if droppable && unknown_fields == UnknownFields::Dropped {
                    let known = words.iter().filter(|word| allowed.contains(word));
                    return Ok(known.copied().collect::<Vec<_>>().join(","));
                }
                return refuse(format!("The `{name}` query parameter value [{unknown}] is not one of [{}]", allowed.join(",")));
            }
        }
    }
    Ok(value)
}

/// `tweet.fields` of specification 2.166.
pub(crate) const TWEET_FIELDS: Parameter = Parameter::optional(
    "tweet.fields",
    Kind::Fields(&[
        "article",
        "attachments",
        "author_id",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "edit_history_tweet_ids",
        "entities",
        "geo",
        "id",
        "in_reply_to_user_id",
        "lang",
        "matched_media_notes",
        "media_metadata",
        "non_public_metrics",
        "note_request_suggestions",
        "note_tweet",
        "organic_metrics",
        "paid_partnership",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "referenced_tweets",
        "reply_settings",
        "scopes",
        "source",
        "suggested_source_links",
        "suggested_source_links_with_counts",
        "text",
        "withheld",
    ]),
);

/// `post.fields` of specification 2.167.
pub(crate) const POST_FIELDS: Parameter = Parameter::optional(
    "post.fields",
    Kind::Fields(&[
        "article",
        "article_title",
        "attachments",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "entities",
        "geo",
        "id",
        "lang",
        "matched_media_notes",
        "media_metadata",
        "non_public_metrics",
        "note_post",
        "note_request_suggestions",
        "organic_metrics",
        "paid_partnership",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "reply_settings",
        "scopes",
        "source",
        "suggested_source_links",
        "suggested_source_links_with_counts",
        "text",
        "withheld",
    ]),
);

/// `user.fields` of both specifications.
pub(crate) const USER_FIELDS: Parameter = Parameter::optional(
    "user.fields",
    Kind::Fields(&[
        "affiliation",
        "confirmed_email",
        "connection_status",
        "created_at",
        "description",
        "entities",
        "id",
        "is_identity_verified",
        "location",
        "most_recent_tweet_id",
        "name",
        "parody",
        "pinned_tweet_id",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscribes_to_you",
        "subscription",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_followers_count",
        "verified_type",
        "withheld",
    ]),
);

/// `media.fields`.
pub(crate) const MEDIA_FIELDS: Parameter = Parameter::optional(
    "media.fields",
    Kind::Fields(&[
        "alt_text",
        "duration_ms",
        "height",
        "media_key",
        "non_public_metrics",
        "organic_metrics",
        "preview_image_url",
        "promoted_metrics",
        "public_metrics",
        "type",
        "url",
        "variants",
        "width",
    ]),
);

/// `poll.fields`; polls are not simulated, the words are known.
pub(crate) const POLL_FIELDS: Parameter =
    Parameter::optional("poll.fields", Kind::Fields(&["duration_minutes", "end_datetime", "id", "options", "voting_status"]));

/// `place.fields`; places are not simulated, the words are known.
pub(crate) const PLACE_FIELDS: Parameter = Parameter::optional(
    "place.fields",
    Kind::Fields(&["contained_within", "country", "country_code", "full_name", "geo", "id", "name", "place_type"]),
);

/// `expansions` of posts, in both dialects.
pub(crate) const POST_EXPANSIONS: Parameter = Parameter::optional(
    "expansions",
    Kind::Fields(&[
        "article.cover_media",
        "article.media_entities",
        "attachments.media_keys",
        "attachments.media_source_tweet",
        "attachments.poll_ids",
        "author_id",
        "edit_history_tweet_ids",
        "entities.mentions.username",
        "geo.place_id",
        "in_reply_to_user_id",
        "entities.note.mentions.username",
        "referenced_tweets.id",
        "referenced_tweets.id.attachments.media_keys",
        "referenced_tweets.id.author_id",
        "edit_history_post_ids",
        "referenced_posts",
        "username",
    ]),
);

/// `expansions` of users, in both dialects.
pub(crate) const USER_EXPANSIONS: Parameter = Parameter::optional(
    "expansions",
    Kind::Fields(&[
        "affiliation.user_id",
        "most_recent_tweet_id",
        "pinned_tweet_id",
        "affiliation",
        "most_recent_post_id",
        "pinned_post_id",
    ]),
);

/// `expansions` of direct messages, in both dialects.
pub(crate) const DM_EXPANSIONS: Parameter = Parameter::optional(
    "expansions",
    Kind::Fields(&["attachments.media_keys", "participant_ids", "referenced_tweets.id", "sender_id", "referenced_posts"]),
);

const TWEET_EXPANSIONS_ALONE: &[&str] = &[
    "edit_history_tweet_ids",
    "entities.note.mentions.username",
    "referenced_tweets.id",
    "referenced_tweets.id.attachments.media_keys",
    "referenced_tweets.id.author_id",
    "affiliation.user_id",
    "most_recent_tweet_id",
    "pinned_tweet_id",
];

const POST_EXPANSIONS_ALONE: &[&str] =
    &["edit_history_post_ids", "referenced_posts", "username", "affiliation", "most_recent_post_id", "pinned_post_id"];
