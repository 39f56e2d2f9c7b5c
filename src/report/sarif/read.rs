//! SARIF read back, as much of it as is shown.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::leak::MaskedLine;

#[derive(Debug, Deserialize)]
pub(crate) struct Log {
    pub(crate) runs: Vec<Run>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) tool: Tool,
    #[serde(default)]
    pub(crate) results: Vec<Outcome>,
    /// How many of its results are suppressed, once they are dropped.
    #[serde(skip)]
    pub(crate) suppressed: usize,
    #[serde(default)]
    pub(crate) invocations: Vec<Invocation>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Tool {
    pub(crate) driver: Driver,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Driver {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    #[serde(default)]
    pub(crate) rule_id: String,
    #[serde(default)]
    pub(crate) level: Level,
    pub(crate) message: Message,
    #[serde(default)]
    pub(crate) locations: Vec<Location>,
    #[serde(default)]
    pub(crate) related_locations: Vec<Location>,
    #[serde(default)]
    suppressions: Vec<IgnoredAny>,
    #[serde(default)]
    pub(crate) properties: Properties,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    None,
    Note,
    #[default]
    Warning,
    Error,
}

impl Level {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(default)]
    pub(crate) text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    #[serde(default)]
    pub(crate) origin: String,
    #[serde(default)]
    pub(crate) revoke_command: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Location {
    pub(crate) physical_location: PhysicalLocation,
    #[serde(default)]
    pub(crate) logical_locations: Vec<LogicalLocation>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LogicalLocation {
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhysicalLocation {
    pub(crate) artifact_location: ArtifactLocation,
    pub(crate) region: Region,
    #[serde(default)]
    pub(crate) context_region: ContextRegion,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ArtifactLocation {
    pub(crate) uri: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Region {
    pub(crate) start_line: u64,
    pub(crate) start_column: u64,
    #[serde(default)]
    pub(crate) snippet: Snippet,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ContextRegion {
    #[serde(default)]
    pub(crate) snippet: Snippet,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Snippet {
    #[serde(default)]
    pub(crate) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invocation {
    pub(crate) execution_successful: bool,
    #[serde(default)]
    pub(crate) tool_execution_notifications: Vec<Notification>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Notification {
    pub(crate) message: Message,
}

impl Run {
    /// Drops what is suppressed, and counts it.
    pub(crate) fn drop_suppressed(&mut self) {
        let all = self.results.len();
        self.results.retain(|outcome| outcome.suppressions.is_empty());
        self.suppressed += all - self.results.len();
    }
}

impl Location {
    /// The path that the URI stands for.
    pub(crate) fn path(&self) -> String {
        decode(&self.physical_location.artifact_location.uri)
    }

    pub(crate) fn region(&self) -> &Region {
        &self.physical_location.region
    }

    /// The commit, for a place in history.
    pub(crate) fn commit(&self) -> Option<&str> {
        self.logical_locations.first().map(|location| location.name.as_str())
    }

    /// The masked line with the masked token's place in it.
    ///
    /// Only what bears the mark of a masked token is shown: a report whose snippets were filled
    /// in by another tool has none, and yields an empty line.
    pub(crate) fn line(&self) -> MaskedLine {
        let text = &self.physical_location.context_region.snippet.text;
        let masked = &self.region().snippet.text;
        let wanted = self.region().start_column.saturating_sub(1) as usize;
        let nearest = text
            .match_indices(masked.as_str())
            .map(|(at, _)| at)
            .min_by_key(|at| text[..*at].encode_utf16().count().abs_diff(wanted));
        match nearest {
            Some(start) if is_masked(masked) => MaskedLine {
                text: text.clone(),
                token: (start, start + masked.len()),
                cut: (false, false),
            },
            _ => MaskedLine::default(),
        }
    }
}

/// Whether a text bears the mark of squelch, or that of a log which shows only a part of a token.
fn is_masked(text: &str) -> bool {
    ["…", "***", "xxxx", "...", "[MASKED]", "[REDACTED]", "[secure]"]
        .iter()
        .any(|m| text.contains(m))
}

/// Undoes percent-encoding; what is none stays as it is.
fn decode(uri: &str) -> String {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).filter(|_| *first == b'%');
        let byte = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = byte.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_decode_to_paths() {
        assert_eq!(decode("a%20b/%C3%A9%3A%zz%2"), "a b/é:%zz%2");
    }

    fn location(text: &str, masked: &str, column: u64) -> Location {
        let json = serde_json::json!({ "physicalLocation": {
            "artifactLocation": { "uri": "a" },
            "region": { "startLine": 1, "startColumn": column, "snippet": { "text": masked } },
            "contextRegion": { "snippet": { "text": text } },
        }});
        serde_json::from_value(json).expect("a location")
    }

    #[test]
    fn the_masked_token_nearest_to_its_column_is_marked() {
        let text = "𝄞 a=x…1 b=x…1";
        assert_eq!(location(text, "x…1", 6).line().token, (7, 12));
        assert_eq!(location(text, "x…1", 30).line().token, (15, 20));
    }

    #[test]
    fn what_is_not_masked_is_not_shown() {
        assert_eq!(location("key=raw", "raw", 5).line(), MaskedLine::default());
        assert_eq!(location("key=raw", "", 5).line(), MaskedLine::default());
        assert_eq!(location("key=raw", "x…1", 5).line(), MaskedLine::default());
    }
}
