//! What a reverse proxy before a server lets through to whoever shows no credential: people who
//! want to sign in, and programs that ask before they have anything to show.

use serde::Deserialize;

/// What passes, and what may come with it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The page to sign in.
    pub sign_in: String,
    /// The port where the server listens if nobody says otherwise.
    pub port: u16,
    /// The schemes of `Authorization` that the server reads. Whatever else is sent it does not
    /// see, and takes the sender for anybody.
    pub schemes: Vec<Scheme>,
    /// Cookies of people who signed in; a `*` at the end is any characters.
    pub cookies: Vec<String>,
    /// Headers by which a proxy may say who somebody is, so nobody else must.
    #[serde(default)]
    pub drop: Vec<String>,
    /// Whether clients and server speak by web sockets.
    #[serde(default)]
    pub websocket: bool,
    /// What its reader has to know, each one sentence.
    pub notes: Vec<String>,
    pub pass: Vec<Pass>,
}

/// A scheme of the header `Authorization`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    pub name: String,
    /// The first version that reads it.
    pub since: Option<String>,
}

/// Paths that pass, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pass {
    /// One sentence without a full stop.
    pub why: String,
    /// Below the server's own path; one that ends with a slash stands for all below it, one that
    /// ends with `*` for all that begin so.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Files with these endings, wherever they are,
    #[serde(default)]
    pub files: Vec<String>,
    /// but not below these.
    #[serde(default)]
    pub not_below: Vec<String>,
    #[serde(default = "reading")]
    pub methods: Vec<String>,
}

fn reading() -> Vec<String> {
    ["GET", "HEAD"].map(str::to_owned).to_vec()
}

impl Gate {
    /// All of it goes into configurations as it is, so it holds nothing that means something there.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        let of = |key, text: &str, more: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            if text.is_empty() || !text.chars().all(plain) {
                return Err((key, format!("{text:?}: only letters, digits and {more}")));
            }
            Ok(())
        };
        let path = |key, text: &str| match text.strip_prefix('/') {
            Some(_) => of(key, text.trim_end_matches('*'), "/._-"),
            None => Err((key, format!("{text:?} is no path"))),
        };
        path("gate.sign_in", &self.sign_in)?;
        self.schemes.iter().try_for_each(|scheme| of("gate.schemes", &scheme.name, "-"))?;
        let cookies = self.cookies.iter().map(|cookie| cookie.trim_end_matches('*'));
        cookies.clone().try_for_each(|cookie| of("gate.cookies", cookie, "._-"))?;
        self.drop.iter().try_for_each(|header| of("gate.drop", header, "-"))?;
        if self.schemes.is_empty() || self.pass.is_empty() {
            return Err(("gate", "nobody gets in: name schemes, and what passes".to_owned()));
        }
        for pass in &self.pass {
            let paths = pass.paths.iter().chain(&pass.not_below);
            paths.clone().try_for_each(|it| path("gate.pass.paths", it))?;
            pass.files.iter().try_for_each(|ending| of("gate.pass.files", ending, "."))?;
            pass.methods.iter().try_for_each(|method| of("gate.pass.methods", method, ""))?;
            let words = std::iter::once(&pass.why).chain(&self.notes);
            if words.clone().any(|text| text.is_empty() || text.contains(char::is_control)) {
                return Err(("gate.pass.why", "one line that says why".to_owned()));
            }
        }
        Ok(())
    }
}
