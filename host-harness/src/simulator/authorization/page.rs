//! The pages for people: consent, PIN and refusal. No script, no address of anybody else.

use std::fmt::Write as _;

use http::StatusCode;

use super::reply::Reply;
use crate::simulator::users::User;

const STYLE: &str = include_str!("page.css");

/// What a consent page asks.
pub(super) struct Question<'a> {
    /// The app's name.
    pub app: &'a str,
    /// What it wants to do, in words.
    pub wishes: &'a [&'a str],
    /// The accounts to choose from.
    pub users: &'a [User],
    /// Where the form goes.
    pub action: &'a str,
    /// What proves that the form came from this page.
    pub token: &'a str,
}

/// The page that asks.
pub(super) fn consent(question: &Question) -> String {
    let app = escaped(question.app);
    let mut body = format!("<h1>{app} wants to use an account of yours</h1><h2>It could then</h2><ul>");
    for wish in question.wishes {
        let _ = write!(body, "<li>{wish}</li>");
    }
    let (action, token) = (question.action, question.token);
    let _ = write!(
        body,
        "</ul><form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"authenticity_token\" value=\"{token}\">\
         <fieldset><legend>Account</legend>"
    );
    for (nth, user) in question.users.iter().enumerate() {
        let checked = if nth == 0 { " checked" } else { "" };
        let (id, name, username) = (user.id, escaped(&user.name), escaped(&user.username));
        let _ = write!(
            body,
            "<label><input type=\"radio\" name=\"account\" value=\"{id}\" required{checked}>\
             <span>{name} <small>@{username}</small></span></label>"
        );
    }
    body.push_str(
        "</fieldset><button class=\"first\" name=\"decision\" value=\"authorize\">Authorize</button>\
         <button name=\"decision\" value=\"cancel\" formnovalidate>Cancel</button></form>\
         <p><small>This is a simulated X. Its accounts are made up.</small></p>",
    );
    page("Authorize an app", &body)
}

/// The page with the PIN of an app that has no address.
pub(super) fn pin(app: &str, pin: &str) -> String {
    let app = escaped(app);
    page("PIN", &format!("<h1>Give this PIN to {app}</h1><output id=\"oauth_pin\">{pin}</output><p>It works once.</p>"))
}

/// The page that says no and sends the browser nowhere.
pub(super) fn refusal(status: StatusCode, what: &str) -> Reply {
    Reply::page(status, page("Not possible", &format!("<h1>This cannot be authorized</h1><p>{}</p>", escaped(what))))
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} · simulated X</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// What a scope lets an app do; empty for a scope that X does not have.
pub(super) fn in_words(scope: &str) -> &'static str {
    match scope {
        "tweet.read" => "read the posts that you can read",
        "tweet.write" => "post, repost and delete posts for you",
        "tweet.moderate.write" => "hide and show replies to your posts",
        "users.read" => "see the accounts that you can see",
        "users.email" => "see your email address",
        "follows.read" => "see whom you follow and who follows you",
        "follows.write" => "follow and unfollow for you",
        "like.read" => "see what you like",
        "like.write" => "like and unlike posts for you",
        "list.read" => "see your lists, private ones too",
        "list.write" => "make and change lists for you",
        "bookmark.read" => "see your bookmarks",
        "bookmark.write" => "set and remove bookmarks for you",
        "mute.read" => "see whom you have muted",
        "mute.write" => "mute and unmute for you",
        "block.read" => "see whom you have blocked",
        "block.write" => "block and unblock for you",
        "dm.read" => "read your direct messages",
        "dm.write" => "send and delete direct messages for you",
        "space.read" => "see the Spaces that you can see",
        "timeline.read" => "see your custom timelines",
        "media.write" => "upload pictures and videos for you",
        "broadcast.read" => "see your broadcasts",
        "broadcast.write" => "run broadcasts for you",
        "ads.read" => "see your advertisements",
        "ads.write" => "change your advertisements",
        "offline.access" => "do all this until you take it back",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_words() {
        for scope in crate::simulator::ALL_SCOPES {
            assert!(!in_words(scope).is_empty(), "{scope}");
        }
        assert!(in_words("tweet").is_empty());
    }

    #[test]
    fn names_cannot_write_the_page() {
        let users = [User::new(1, "maker", "<script>\"'&")];
        let question = Question { app: "</h1><script>", wishes: &[], users: &users, action: "/", token: "t" };
        let html = consent(&question);
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;&quot;&#39;&amp;"), "{html}");
    }
}
