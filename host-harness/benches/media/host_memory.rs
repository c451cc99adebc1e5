//! How much memory the process takes while something happens.

use std::fs;

/// The process before it happens.
pub struct Watched {
    before: f64,
}

impl Watched {
    /// Forgets the peak so far. `None` where the system does not tell what a process holds.
    pub fn start() -> Option<Self> {
        fs::write("/proc/self/clear_refs", "5").ok()?;
        Some(Self { before: told("VmRSS:")? })
    }

    /// By how many bytes the process has grown at most.
    pub fn growth(&self) -> Option<f64> {
        Some(told("VmHWM:")? - self.before)
    }
}

/// A line of what the system tells of the process, in bytes.
fn told(name: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u32 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(f64::from(kibibytes) * 1024.0)
}
