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
const WORKING_UNKNOWN: &str = "{msg}  {spinner}  {elapsed}";

/// A line that is drawn over and over.
pub struct Bar {
    /// One for each template: what a bar knows of time and pace is of its own part of the work.
    bar: ProgressBar,
    template: &'static str,
    target: fn() -> ProgressDrawTarget,
    file: String,
}

impl Bar {
    /// A bar for the file of this name; one that is never drawn where stderr is no terminal or obeys nothing.
    pub fn new(file: &str) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_drawn = std::io::stderr().is_terminal() && !is_dumb;
        Self::drawn_to(if is_drawn { ProgressDrawTarget::stderr } else { ProgressDrawTarget::hidden }, file)
    }

    fn drawn_to(target: fn() -> ProgressDrawTarget, file: &str) -> Self {
        Self { bar: ProgressBar::hidden(), template: "", target, file: output::clean(file).chars().take(32).collect() }
    }

    /// Draws how far it is.
    pub fn show(&mut self, now: &Snapshot) {
        let is_sent = now.size.is_some_and(|size| now.sent >= size);
        let message = match &now.stage {
            Stage::Waiting { reason } => format!("{}  waiting: {}", self.file, output::clean(reason)),
            Stage::Uploading if !is_sent => self.file.clone(),
            _ => format!("{}  X is at work on it", self.file),
        };
        let (template, position, length) = match (is_sent, now.size) {
            (true, _) if now.percent > 0 => (WORKING, u64::from(now.percent), Some(100)),
            (true, _) => (WORKING_UNKNOWN, 0, None),
            (false, Some(size)) => (SENDING, now.sent, Some(size)),
            (false, None) => (SENDING_UNKNOWN, now.sent, None),
        };
        if template == self.template {
            self.bar.set_message(message);
            self.bar.set_position(position);
            self.bar.tick();
            return;
        }
        self.clear();
        self.template = template;
        // The templates are constants; one that is wrong shows in the test.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
        self.bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden()).with_style(style).with_message(message);
        self.bar.set_position(position);
        // What earlier runs have sent says nothing about how fast this one is.
        self.bar.reset_eta();
        self.bar.set_draw_target((self.target)());
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use indicatif::InMemoryTerm;

    use super::*;

    thread_local! {
        static TERMINAL: RefCell<InMemoryTerm> = RefCell::new(InMemoryTerm::new(3, 120));
    }

    #[test]
    fn every_template_is_one() {
        for template in [SENDING, SENDING_UNKNOWN, WORKING, WORKING_UNKNOWN] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn the_bar_follows_the_upload() {
        let terminal = TERMINAL.with_borrow(Clone::clone);
        let target = || ProgressDrawTarget::term_like(Box::new(TERMINAL.with_borrow(Clone::clone)));
        let mut bar = Bar::drawn_to(target, "a\u{1b}[2Jb.mp4");
        let mut shown = |now: &Snapshot| {
            bar.show(now);
            bar.bar.force_draw();
            terminal.contents()
        };
        let line = shown(&Snapshot { sent: 512, ..Snapshot::default() });
        assert!(line.contains("b.mp4") && line.contains("512 B"), "{line}");
        let quarter = Snapshot { sent: 1 << 20, size: Some(4 << 20), ..Snapshot::default() };
        let line = shown(&quarter);
        assert!(line.contains("1.00 MiB of 4.00 MiB") && line.contains("left"), "{line}");
        let line = shown(&Snapshot { stage: Stage::Waiting { reason: "no connection to X".to_owned() }, ..quarter });
        assert!(line.contains("waiting: no connection to X") && line.contains("1.00 MiB"), "{line}");
        let sent = Snapshot { stage: Stage::Processing, sent: 4 << 20, size: Some(4 << 20), ..Snapshot::default() };
        let line = shown(&sent);
        assert!(line.contains("X is at work on it") && !line.contains('%'), "{line}");
        let line = shown(&Snapshot { percent: 47, ..sent });
        assert!(line.contains("X is at work on it") && line.contains("47 %"), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        bar.clear();
        assert_eq!(terminal.contents(), "");
    }
}
