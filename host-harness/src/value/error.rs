//! What is wrong with a parameter, and what to do about it.

use std::fmt;

/// JSON that does not fit the component's types. Found before an instance exists, so nothing has run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParameterError {
    /// A stable name of the kind of mistake: `wrong-type`, `out-of-range`, `unknown-field`, `duplicate-field`,
    /// `missing-field`, `unknown-choice`, `too-deep`, or one of the host's, such as `file-not-found`.
    pub code: &'static str,
    /// Where it is: `media[1].url`; `parameters` for the whole.
    pub field: String,
    /// What is wrong, without the field's name and without the value.
    pub reason: String,
    /// What to do.
    pub next_step: String,
}

impl ParameterError {
    /// An error at a path that is made of steps from the innermost outwards; see [`ParameterError::under_field`].
    pub(crate) fn new(code: &'static str, reason: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self { code, field: String::new(), reason: reason.into(), next_step: next_step.into() }
    }

    /// Puts a field's name in front of the path.
    ///
    /// Paths grow only when something is wrong: the good case allocates nothing for them.
    #[must_use]
    pub(crate) fn under_field(mut self, name: &str) -> Self {
        self.field = match self.field.chars().next() {
            None => name.to_owned(),
            Some('[') => format!("{name}{}", self.field),
            Some(_) => format!("{name}.{}", self.field),
        };
        self
    }

    /// Puts an index in front of the path.
    #[must_use]
    pub(crate) fn under_index(mut self, index: usize) -> Self {
        self.field = match self.field.chars().next() {
            None | Some('[') => format!("[{index}]{}", self.field),
            Some(_) => format!("[{index}].{}", self.field),
        };
        self
    }

    /// Names the whole when the mistake is in no field.
    #[must_use]
    pub(crate) fn at_root(mut self) -> Self {
        if self.field.is_empty() {
            "parameters".clone_into(&mut self.field);
        } else if self.field.starts_with('[') {
            self.field = format!("parameters{}", self.field);
        }
        self
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}; {}", self.field, self.reason, self.next_step)
    }
}

impl std::error::Error for ParameterError {}
