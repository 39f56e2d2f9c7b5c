//! Why something was not read.

use crate::problem::{Problem, ProblemCode};

/// Why something was not read.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) code: ProblemCode,
    pub(super) why: String,
    pub(super) hint: Option<String>,
    /// Of the answer, if there was one.
    pub(crate) status: u16,
    /// Whether nothing else can be read either.
    pub(crate) ends: bool,
}

impl Unread {
    pub(crate) fn new(code: ProblemCode, why: impl Into<String>) -> Self {
        Self { code, why: why.into(), hint: None, status: 0, ends: false }
    }

    pub(crate) fn hinted(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// A page for people where an answer of the API should be.
    pub(crate) fn page() -> Self {
        let why = "it answered with a web page: a page to sign in, or a firewall's";
        Self::new(ProblemCode::Denied, why).hinted("check the address and the token")
    }

    /// A server that cannot even be asked.
    pub(crate) fn unreached(why: impl Into<String>) -> Self {
        let hint = "check the address, and whether this machine may reach it";
        Self::new(ProblemCode::Unanswered, why).hinted(hint)
    }

    /// JSON that is not as the provider's documents say.
    pub(crate) fn shapeless() -> Self {
        let why = "its answer is not in the form that the provider's documents say";
        Self::new(ProblemCode::Unanswered, why)
    }

    pub(crate) fn at(self, place: &str) -> Problem {
        let problem = Problem::new(self.code, place, self.why);
        match self.hint {
            Some(hint) => problem.hinted(hint),
            None => problem,
        }
    }
}
