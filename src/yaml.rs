//! YAML as a tree that knows its lines, with aliases and merge keys resolved.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, Span};

/// More nodes than a file of a CI system has by far, aliases counted as often as they stand: so that
/// aliases of aliases do not fill the memory.
const MAX_NODES: usize = 200_000;
/// Deeper than people nest.
const MAX_DEPTH: usize = 100;

/// One value.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The 1-based line where it begins.
    pub(crate) line: u64,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    List(Vec<Rc<Node>>),
    /// In their order: the key, the line where it stands, the value.
    Map(Vec<(String, u64, Rc<Node>)>),
}

impl Node {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, ..)| name == key).map(|(_, _, node)| &**node)
    }

    /// The text of a key.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// The keys, lines and values of a map; of anything else none.
    pub(crate) fn entries(&self) -> &[(String, u64, Rc<Node>)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Text(_) | Value::List(_) => &[],
        }
    }

    /// The elements of a list, or the one value that stands instead of a list.
    pub(crate) fn elements(&self) -> Vec<&Node> {
        match &self.value {
            Value::List(elements) => elements.iter().map(|it| &**it).collect(),
            Value::Text(text) if text.is_empty() => Vec::new(),
            Value::Text(_) | Value::Map(_) => vec![self],
        }
    }

    /// All texts in it with their lines, whatever is around them.
    pub(crate) fn texts(&self) -> Vec<(u64, &str)> {
        match &self.value {
            Value::Text(text) => vec![(self.line, text)],
            Value::List(elements) => elements.iter().flat_map(|it| it.texts()).collect(),
            Value::Map(entries) => entries.iter().flat_map(|(.., it)| it.texts()).collect(),
        }
    }
}

/// Reads all documents of a text. The error is what is wrong, with its line.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut builder =
        Builder { parser: Parser::new_from_str(text), anchors: HashMap::new(), left: MAX_NODES };
    let mut documents = Vec::new();
    loop {
        match builder.next()? {
            (Event::StreamEnd, _) => return Ok(documents),
            (
                event @ (Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::MappingStart(..)
                | Event::Alias(_)),
                span,
            ) => {
                documents.push(builder.node(event, span, 0)?.as_ref().clone());
            }
            _ => {}
        }
    }
}

/// The documents of a file. What may be a template of Helm is read once more without its directives.
pub(crate) fn documents(text: &str, strict: bool) -> Result<Vec<Node>, String> {
    match parse(text) {
        Err(_) if !strict && text.contains("{{") => parse(&untemplated(text)),
        parsed => parsed,
    }
}

/// A template whose directives are gone, each line at its place: `{{ .Values.x }}` is `.Values.x`.
fn untemplated(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let trimmed = line.trim();
        let directive = trimmed.starts_with("{{") && trimmed.ends_with("}}");
        let mut rest = if directive { "" } else { line };
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, behind) = after.split_once("}}").unwrap_or((after, ""));
            let plain = |c: &char| c.is_ascii_alphanumeric() || "._-$/".contains(*c);
            out.push_str(before);
            out.extend(inside.trim_matches(['-', ' ']).chars().filter(plain));
            rest = behind;
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

struct Builder<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Rc<Node>>,
    /// How many nodes may still come.
    left: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), String> {
        match self.parser.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(format!("line {}: {}", error.marker().line(), error.info())),
            None => Err("it ends too early".to_owned()),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Rc<Node>, String> {
        let line = span.start.line() as u64;
        if depth > MAX_DEPTH {
            return Err(format!("line {line}: nested more than {MAX_DEPTH} deep"));
        }
        self.take(1)?;
        let (anchor, value) = match event {
            Event::Scalar(text, _, anchor, _) => (anchor, Value::Text(text.into_owned())),
            Event::SequenceStart(anchor, _) => (anchor, Value::List(self.list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, Value::Map(self.map(depth)?)),
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned();
                let node = node.ok_or_else(|| format!("line {line}: an alias of nothing"))?;
                self.take(size(&node))?;
                return Ok(node);
            }
            _ => return Err(format!("line {line}: a value is missing")),
        };
        let node = Rc::new(Node { line, value });
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn take(&mut self, nodes: usize) -> Result<(), String> {
        let left = self.left.checked_sub(nodes);
        self.left = left.ok_or_else(|| format!("more than {MAX_NODES} values, aliases counted"))?;
        Ok(())
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Rc<Node>>, String> {
        let mut elements = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(elements),
                (event, span) => elements.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    /// A map, with what its merge keys bring in behind its own keys, which stand for theirs.
    fn map(&mut self, depth: usize) -> Result<Vec<(String, u64, Rc<Node>)>, String> {
        let mut entries: Vec<(String, u64, Rc<Node>)> = Vec::new();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            match key.text() {
                Some("<<") => merged.push(value),
                Some(text) => entries.push((text.to_owned(), key.line, value)),
                None => {}
            }
        }
        for node in merged {
            for from in node.elements() {
                for (key, line, value) in from.entries() {
                    if !entries.iter().any(|(own, ..)| own == key) {
                        entries.push((key.clone(), *line, Rc::clone(value)));
                    }
                }
            }
        }
        Ok(entries)
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Text(_) => 0,
        Value::List(elements) => elements.iter().map(|it| size(it)).sum(),
        Value::Map(entries) => entries.iter().map(|(.., it)| size(it)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_lines_aliases_and_merge_keys() {
        let text = "base: &b\n  A: 1\n  B: 2\njob:\n  <<: *b\n  B: 3\n  list: [x, *b]\n---\nx: |\n  a\n  b\n";
        let documents = parse(text).expect("YAML");
        assert_eq!(documents.len(), 2);
        let job = documents[0].get("job").expect("a job");
        assert_eq!((job.text_of("B"), job.text_of("A")), (Some("3"), Some("1")));
        assert_eq!(job.get("B").expect("it").line, 6);
        assert_eq!(job.get("list").expect("it").elements()[1].text_of("B"), Some("2"));
        assert_eq!(documents[1].text_of("x"), Some("a\nb\n"));
        assert_eq!(documents[1].get("x").expect("it").line, 10, "where the text itself begins");
    }

    #[test]
    fn tags_of_ci_systems_are_read_over_and_broken_files_are_told() {
        let read = parse("script: !reference [.a, script]\nx: ${{ secrets.A }}\n").expect("YAML");
        assert_eq!(read[0].text_of("x"), Some("${{ secrets.A }}"));
        let why = parse("a: [1, 2\nb: {").expect_err("broken");
        assert!(why.starts_with("line "), "{why}");
    }

    #[test]
    fn aliases_of_aliases_are_bounded() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for at in 1..12 {
            let all = vec![format!("*a{}", at - 1); 10].join(", ");
            text.extend(["a", &at.to_string(), ": &a", &at.to_string(), " [", &all, "]\n"]);
        }
        assert!(parse(&text).expect_err("a bomb").contains("more than"));
        let deep = "[".repeat(300) + &"]".repeat(300);
        assert!(parse(&deep).is_err());
    }
}
