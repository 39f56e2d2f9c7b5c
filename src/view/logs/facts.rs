//! What the lines of a log say of where they stand.

/// What is known so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) job: Option<String>,
    pub(super) step: Option<String>,
    /// What environment variables of the system say, where the log shows them.
    variables: Vec<(&'static str, String)>,
    /// Lines so far, those that go on as one.
    pub(super) lines: u64,
}

/// What a path says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) job: Option<String>,
    pub(super) step: Option<String>,
}

/// Whether a line tells whose log it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tell {
    No,
    /// Others have such lines, too.
    Weak,
    Sure,
}

/// Names of jobs and steps are cut to this many bytes.
const LONGEST: usize = 120;
/// An address is no longer.
const LONGEST_VALUE: usize = 512;

impl Facts {
    pub(super) fn set_step(&mut self, name: &[u8]) {
        self.step = text(name);
    }

    pub(super) fn set_job(&mut self, name: &[u8]) {
        self.job = text(name);
    }

    /// Takes over the variables that another system looked for.
    pub(super) fn learn(&mut self, other: Self) {
        self.variables = other.variables;
    }

    /// The value that the log showed for a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_str())
    }

    /// Takes in one of the variables `names`, if the line assigns it: `NAME=value`,
    /// `NAME: value`, `export NAME="value"`. The first value stays: a line further on may speak
    /// of another job.
    pub(super) fn assign(&mut self, line: &[u8], names: &[&'static str]) {
        let first = line.iter().find(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b'\t'));
        let begins = |name: &&str| first == name.as_bytes().first();
        // `export`, `declare`, the echo of a shell.
        if !matches!(first, Some(b'e' | b'd' | b'+')) && !names.iter().any(begins) {
            return;
        }
        let Some(at) = memchr::memchr2(b'=', b':', line) else { return };
        let key = line[..at].trim_ascii();
        let key = key.rsplit(|byte| matches!(byte, b' ' | b'"' | b'\'')).find(|it| !it.is_empty());
        let Some(name) = names.iter().find(|name| key == Some(name.as_bytes())) else { return };
        let quoted = |byte: &u8| matches!(byte, b' ' | b'"' | b'\'' | b'\t');
        let rest = &line[at + 1..];
        let start = rest.iter().take_while(|byte| quoted(byte)).count();
        let value: Vec<u8> =
            rest[start..].iter().copied().take_while(|b| !quoted(b) && *b > b' ').collect();
        let usable = !value.is_empty() && value.len() <= LONGEST_VALUE && value.is_ascii();
        if usable && self.variable(name).is_none() {
            self.variables.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
    }

    /// The value of a variable that is the address of a page of this kind: `kind` stands in it.
    pub(super) fn page(&self, name: &str, kind: &str) -> Option<&str> {
        self.variable(name).filter(|value| {
            let odd = |c: char| c.is_ascii_control() || "<>\"'`{}|\\^".contains(c);
            let web = value.starts_with("https://") || value.starts_with("http://");
            web && value.contains(kind) && !value.contains('@') && !value.contains(odd)
        })
    }
}

/// A name as text: colours, control characters and what is too long are left out.
fn text(name: &[u8]) -> Option<String> {
    let end = memchr::memchr3(b'\r', b'\n', 0x1b, name).unwrap_or(name.len());
    let name = String::from_utf8_lossy(&name[..end.min(LONGEST)]);
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\u{fffd}');
    (!name.is_empty()).then(|| name.to_owned())
}

/// What the name of a member of a zip of logs says: `3_build.txt` is a whole job, and
/// `build/7_Run tests.txt` one of its steps, as `step` names it by number and name.
///
/// Only in the zip it is certain which folder is the outermost.
pub(super) fn zipped(member: Option<&str>, step: fn(&str, &str) -> String) -> Named {
    let mut parts = member.unwrap_or_default().rsplit('/');
    let Some((number, name)) = parts.next().and_then(numbered) else { return Named::default() };
    match parts.next().filter(|job| !job.is_empty()) {
        Some(job) => Named { job: Some(job.to_owned()), step: Some(step(number, name)) },
        None => Named { job: Some(name.to_owned()), step: None },
    }
}

/// The number and the rest of a file name such as `3_Run tests.txt`.
fn numbered(name: &str) -> Option<(&str, &str)> {
    let (number, rest) = name.strip_suffix(".txt")?.split_once('_')?;
    let digits = number.strip_prefix('-').unwrap_or(number);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_read_as_logs_show_them() {
        for line in [
            "CI_JOB_URL=https://x/-/jobs/1",
            "  CI_JOB_URL: https://x/-/jobs/1",
            "+ export CI_JOB_URL=https://x/-/jobs/1",
            "declare -x CI_JOB_URL=\"https://x/-/jobs/1\"",
            "\"CI_JOB_URL\": \"https://x/-/jobs/1\"",
        ] {
            let mut facts = Facts::default();
            facts.assign(line.as_bytes(), &["CI_JOB_URL"]);
            assert_eq!(facts.page("CI_JOB_URL", "/-/jobs/"), Some("https://x/-/jobs/1"), "{line}");
        }
        let mut facts = Facts::default();
        for line in ["MY_CI_JOB_URL=https://a/-/jobs/1", "CI_JOB_URL=$URL", "see CI_JOB_URL"] {
            facts.assign(line.as_bytes(), &["CI_JOB_URL"]);
        }
        assert_eq!(facts.page("CI_JOB_URL", "/-/jobs/"), None);
    }

    #[test]
    fn names_are_short_and_plain() {
        assert_eq!(text(b" Run x\x1b[0m\r"), Some("Run x".to_owned()));
        assert_eq!(text(b"\x1b[0m"), None);
        assert_eq!(text("é".repeat(99).as_bytes()).map(|it| it.len()), Some(120));
        assert_eq!(numbered("3_Run a_b.txt"), Some(("3", "Run a_b")));
        assert_eq!(numbered("-9223_job.txt"), Some(("-9223", "job")));
        assert_eq!(numbered("notes_3.txt"), None);
    }
}
