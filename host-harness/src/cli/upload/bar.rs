//! What a person sees while a file goes to X; a program sees nothing.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output;
use crate::upload::{Snapshot, Stage};

/// How often it is drawn anew.
pub const INTERVAL: Duration = Duration::from_millis(100);

const SENDING: &str = "{msg}  [{bar:24}]  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left";
const SENDING_UNKNOWN: &str = "{msg}  {spinner}  {bytes}  {bytes_per_sec}";
const WORKING: &str = "{msg}  [{bar:24}]  {pos} %  {elapsed}";

/// A line that is drawn over and over.
pub struct Bar {
    bar: ProgressBar,
    /// The template that is drawn by; the bar begins anew with each.
    template: &'static str,
    file: String,
    has_begun: bool,
}

impl Bar {
    /// A bar for the file of this name; one that is never drawn where stderr is no terminal or obeys nothing.
    pub fn new(file: &str) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_drawn = std::io::stderr().is_terminal() && !is_dumb;
        let target = if is_drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let file: String = output::clean(file).chars().take(32).collect();
        Self { bar: ProgressBar::with_draw_target(None, target), template: "", file, has_begun: false }
    }

    /// Draws how far it is.
    pub fn show(&mut self, now: &Snapshot) {
        if self.bar.is_hidden() {
            return;
        }
        let is_sent = now.size.is_some_and(|size| now.sent >= size);
        let message = match &now.stage {
            Stage::Waiting { reason } => format!("{}  waiting: {}", self.file, output::clean(reason)),
            Stage::Uploading if !is_sent => self.file.clone(),
            _ => format!("{}  X is at work on it", self.file),
        };
        let (template, position, length) = match (is_sent, now.size) {
            (true, _) => (WORKING, u64::from(now.percent), Some(100)),
            (false, Some(size)) => (SENDING, now.sent, Some(size)),
            (false, None) => (SENDING_UNKNOWN, now.sent, None),
        };
        if template != self.template {
            self.template = template;
            // The templates are constants; one that is wrong shows in the test.
            self.bar
                .set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            self.bar.reset();
            self.has_begun = false;
        }
        self.bar.set_message(message);
        if let Some(length) = length {
            self.bar.set_length(length);
        }
        self.bar.set_position(position);
        if !self.has_begun {
            // What earlier runs have sent says nothing about how fast this one is.
            self.has_begun = true;
            self.bar.reset_eta();
        }
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_one() {
        for template in [SENDING, SENDING_UNKNOWN, WORKING] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn the_bar_follows_the_upload() {
        let mut bar = Bar::new("a\u{1b}[2Jb.mp4");
        assert!(!bar.file.contains('\u{1b}'));
        let terminal = indicatif::InMemoryTerm::new(3, 120);
        bar.bar.set_draw_target(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
        let mut shown = |now: Snapshot| {
            bar.show(&now);
            bar.bar.force_draw();
            terminal.contents()
        };
        let line = shown(Snapshot { sent: 512, size: None, ..Snapshot::default() });
        assert!(line.contains("b.mp4") && line.contains("512 B"), "{line}");
        let line = shown(Snapshot { sent: 1 << 20, size: Some(4 << 20), ..Snapshot::default() });
        assert!(line.contains("1.00 MiB of 4.00 MiB") && line.contains("left"), "{line}");
        let reason = "no connection to X".to_owned();
        let line = shown(Snapshot { stage: Stage::Waiting { reason }, sent: 1 << 20, size: Some(4 << 20), ..Snapshot::default() });
        assert!(line.contains("waiting: no connection to X"), "{line}");
        let line = shown(Snapshot { stage: Stage::Processing, sent: 4 << 20, size: Some(4 << 20), percent: 47, ..Snapshot::default() });
        assert!(line.contains("X is at work on it") && line.contains("47 %"), "{line}");
        bar.clear();
        assert_eq!(terminal.contents(), "");
    }
}
