//! Languages with braces (Groovy, Kotlin, HCL), as far as that is needed: statements, and the headers
//! of the blocks around them. Comments are gone, texts stay.

/// One statement, and what is around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// 1-based.
    pub(super) line: u64,
    pub(super) text: String,
    /// The headers of the blocks that it stands in, from the outside.
    pub(super) around: Vec<String>,
}

/// More blocks in blocks than people write.
const MAX_DEPTH: usize = 200;

/// The statements of a source, each as long as its line, or as its brackets are open.
pub(super) fn statements(source: &str, comment: &[&str]) -> Vec<Statement> {
    let mut reader = Reader::default();
    let mut rest = source;
    while !rest.is_empty() {
        rest = reader.step(rest, comment);
    }
    reader.end();
    reader.found
}

#[derive(Default)]
struct Reader {
    found: Vec<Statement>,
    around: Vec<String>,
    text: String,
    /// Line feeds so far.
    lines: u64,
    /// Where the statement begins.
    begin: u64,
    /// Open round and square brackets.
    open: usize,
}

impl Reader {
    /// Reads one token, and gives what is left.
    fn step<'t>(&mut self, rest: &'t str, comment: &[&str]) -> &'t str {
        if comment.iter().any(|sign| rest.starts_with(sign)) {
            return &rest[rest.find('\n').unwrap_or(rest.len())..];
        }
        if let Some(inside) = rest.strip_prefix("/*") {
            let end = inside.find("*/").map_or(rest.len(), |at| at + 4);
            self.lines += rest[..end].matches('\n').count() as u64;
            return &rest[end..];
        }
        if let Some(quoted) = quoted(rest) {
            self.push(quoted);
            return &rest[quoted.len()..];
        }
        let Some(c) = rest.chars().next() else { return "" };
        match c {
            '{' if self.around.len() < MAX_DEPTH => self.enter(),
            '}' => {
                self.end();
                self.around.pop();
                self.open = 0;
            }
            '\n' if self.open == 0 => {
                self.lines += 1;
                self.end();
            }
            ';' if self.open == 0 => self.end(),
            _ => {
                self.open = match c {
                    '(' | '[' => self.open + 1,
                    ')' | ']' => self.open.saturating_sub(1),
                    _ => self.open,
                };
                self.push(&rest[..c.len_utf8()]);
            }
        }
        &rest[c.len_utf8()..]
    }

    fn push(&mut self, text: &str) {
        if self.text.trim().is_empty() {
            self.begin = self.lines;
            self.text.clear();
        }
        self.lines += text.matches('\n').count() as u64;
        self.text.push_str(text);
    }

    /// A block begins: what stands before it is a statement, too, since it may say something.
    fn enter(&mut self) {
        let header = self.text.trim().to_owned();
        self.end();
        self.around.push(header);
        self.open = 0;
    }

    fn end(&mut self) {
        let text = self.text.trim();
        if !text.is_empty() {
            let (line, text) = (self.begin + 1, text.to_owned());
            self.found.push(Statement { line, text, around: self.around.clone() });
        }
        self.text.clear();
    }
}

/// The text in quotes that begins here, quotes and all.
fn quoted(rest: &str) -> Option<&str> {
    let sign = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|sign| rest.starts_with(sign))?;
    let mut at = sign.len();
    while at < rest.len() {
        let tail = &rest[at..];
        if let Some(escaped) = tail.strip_prefix('\\') {
            at += 1 + escaped.chars().next().map_or(0, char::len_utf8);
        } else if tail.starts_with(sign) {
            return Some(&rest[..at + sign.len()]);
        } else if sign.len() == 1 && tail.starts_with('\n') {
            return None;
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

/// All texts in quotes of a statement, without the quotes.
pub(super) fn texts(statement: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = statement;
    while let Some(at) = rest.find(['"', '\'']) {
        rest = &rest[at..];
        match quoted(rest) {
            Some(text) => {
                let sign =
                    if text.starts_with("\"\"\"") || text.starts_with("'''") { 3 } else { 1 };
                found.push(&text[sign..text.len() - sign]);
                rest = &rest[text.len()..];
            }
            None => rest = &rest[1..],
        }
    }
    found
}

/// The text of a named argument: `credentialsId: 'x'`, `name = "x"`.
pub(super) fn argument<'s>(statement: &'s str, name: &str) -> Option<&'s str> {
    statement.match_indices(name).find_map(|(at, _)| {
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if statement[..at].chars().next_back().is_some_and(inner) {
            return None;
        }
        let rest = statement[at + name.len()..].trim_start();
        let rest = rest.strip_prefix([':', '='])?.trim_start();
        rest.starts_with(['"', '\'']).then(|| texts(rest).first().copied())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_know_their_blocks() {
        let source = "// x {\npipeline {\n  stage('A { b') {\n    steps { sh 'x; y' }\n    f(a,\n      b: \"c\")\n  }\n}\n";
        let all = statements(source, &["//"]);
        let shown: Vec<(u64, &str, usize)> =
            all.iter().map(|it| (it.line, it.text.as_str(), it.around.len())).collect();
        assert_eq!(
            shown,
            [
                (2, "pipeline", 0),
                (3, "stage('A { b')", 1),
                (4, "steps", 2),
                (4, "sh 'x; y'", 3),
                (5, "f(a,\n      b: \"c\")", 2)
            ]
        );
        assert_eq!(argument("string(credentialsId: 'id', variable: 'V')", "variable"), Some("V"));
        assert_eq!(texts("f('a', \"b\\\"c\") + '''d'''"), ["a", "b\\\"c", "d"]);
    }
}
