//! Colours, by what they mean.

use crate::finding::Severity;
use crate::report::Style;

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ink {
    Bad,
    Warning,
    Mild,
    Good,
    Strong,
    Quiet,
    Command,
}

impl Ink {
    pub(crate) fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Bad,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Info => Self::Mild,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Bad => "1;31",
            Self::Warning => "1;33",
            Self::Mild => "1;36",
            Self::Good => "32",
            Self::Strong => "1",
            Self::Quiet => "2",
            Self::Command => "36",
        }
    }
}

/// Colours `text`, which has to be escaped already.
pub(crate) fn paint(style: &Style, ink: Ink, text: &str) -> String {
    if style.color && !text.is_empty() {
        return format!("\x1b[{}m{text}\x1b[0m", ink.code());
    }
    text.to_owned()
}
