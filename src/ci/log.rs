//! One log: what the API says of it.

use serde::Serialize;

use crate::origin::LogPlace;

/// The longest part of a path: file systems take 255 bytes.
const LONGEST: usize = 100;

/// One log of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Log {
    /// The CI system, by its name.
    pub provider: &'static str,
    pub run: String,
    pub job: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// When it began, as the API says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// In bytes, where the API says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The page that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What tells it from all others, from the outermost on: host, project, run, job. Names come from
    /// the API: [`Log::path`] makes a path of them.
    #[serde(skip)]
    pub names: Vec<String>,
    /// Whether it was still being written when it was listed.
    #[serde(skip)]
    pub running: bool,
}

impl Log {
    /// Its place in reports, and below a folder: a relative path that cannot leave that, whatever the
    /// API called the parts.
    pub fn path(&self) -> String {
        let parts: Vec<String> = self.names.iter().map(|name| safe(name)).collect();
        format!("{}.log", parts.join("/"))
    }

    /// What is known of every place in it.
    pub fn place(&self) -> LogPlace {
        LogPlace {
            provider: self.provider,
            job: Some(self.job.clone()),
            step: self.step.clone(),
            link: self.link.clone(),
        }
    }
}

/// A name as one part of a path: no separators, nothing that a file system or a shell takes for more
/// than a letter, and no name that is a device on Windows.
fn safe(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.+=@".contains(c) { c } else { '_' };
    let mut text: String = name.chars().map(plain).collect();
    while text.len() > LONGEST {
        text.pop();
    }
    let stem = text.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let device = ["con", "prn", "aux", "nul"].contains(&stem.as_str())
        || stem.len() == 4 && (stem.starts_with("com") || stem.starts_with("lpt"));
    let odd = text.is_empty() || text.starts_with(['.', '-']) || text.ends_with('.') || device;
    if odd { format!("_{}", text.trim_matches('.')) } else { text }
}

/// An address from an answer, if it is one of a page: it is shown, never asked.
pub(super) fn page(address: Option<&str>) -> Option<String> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>\"'`{}|\\^".contains(c);
    let fits = |text: &&str| {
        let web = text.starts_with("https://") || text.starts_with("http://");
        web && text.len() < 2000 && !text.contains(odd) && !text.contains('@')
    };
    address.filter(fits).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_an_api_leaves_the_folder() {
        let path = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            Log { names, ..Log::default() }.path()
        };
        assert_eq!(path(&["ci.example:80", "a b", "7-build"]), "ci.example_80/a_b/7-build.log");
        assert_eq!(path(&["..", "../../etc/passwd", "."]), "_/__.._etc_passwd/_.log");
        for hostile in
            ["/etc", "..", "C:\\x", "a\0b", "-rf", "nul", "com1.x", ".ssh", "x.", "", "\u{202e}"]
        {
            let path = path(&["h", hostile]);
            let parts: Vec<&str> = path.split('/').collect();
            assert_eq!(parts.len(), 2, "{path}");
            assert!(
                !parts[1].starts_with(['.', '-']) && !path.contains([':', '\\', '\0']),
                "{path}"
            );
        }
        assert!(path(&["h", &"é".repeat(300)]).len() < 120);
    }
}
