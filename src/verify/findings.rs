//! What was found about a connection, the worst first and each thing once.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use crate::bindings::connection::{Finding, Severity};
use crate::error::{Case, Failure, Party};

#[derive(Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Puts a finding behind those that matter as much or more. What was found already is not found again.
    pub fn add(&mut self, severity: Severity, code: &str, who_must_act: Party, message: impl Into<String>) {
        if self.0.iter().any(|known| known.code == code) {
            return;
        }
        let place = self.0.iter().position(|known| rank(known.severity) > rank(severity)).unwrap_or(self.0.len());
        self.0.insert(place, Finding { severity, code: code.to_string(), message: message.into(), who_must_act });
    }

    /// What a refusal tells about the connection.
    ///
    /// # Errors
    /// The failure itself, when it tells nothing about it: X was not reached, or what answered was not X.
    pub fn add_failure(&mut self, failure: Failure, severity: Severity) -> Result<(), Failure> {
        let severity = match failure.case() {
            Case::InvalidInput | Case::Unauthorized | Case::Forbidden | Case::OutOfCredits => severity,
            // X knows the credential, or it would have said so.
            Case::RateLimited => Severity::Warning,
            Case::NotFound | Case::Conflict | Case::OutcomeUnknown | Case::UnexpectedResponse | Case::Unavailable | Case::EgressDenied => {
                return Err(failure);
            }
        };
        let problem = failure.problem();
        self.add(severity, &problem.code, problem.who_must_act, problem.message.clone());
        Ok(())
    }

    pub fn has_problem(&self) -> bool {
        self.0.iter().any(|finding| rank(finding.severity) == 0)
    }

    pub fn into_list(self) -> Vec<Finding> {
        self.0
    }
}

const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Problem => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    }
}
