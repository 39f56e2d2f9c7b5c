//! Logs that are one JSON document: the chunks of CircleCI, the lines of Drone and Azure, the
//! content of Buildkite and Travis.
//!
//! Chunks are no lines: a token can begin in one and end in the next. So those of one stream are
//! joined before anything is looked for. The document is read as it comes, not parsed as a
//! whole: of a large one there is only a window.

use std::ops::Range;

use super::View;

/// Whose document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    CircleCi,
    Drone,
    /// An object around lines or text, as several systems' servers answer.
    Answer,
}

/// How far into a document its first keys stand.
const HEAD: usize = 512;

/// Whose document `bytes` is, or a stretch from the middle of.
pub(super) fn kind(bytes: &[u8]) -> Option<Kind> {
    let head = bytes[..bytes.len().min(HEAD)].trim_ascii_start();
    let holds = |text: &[u8]| memchr::memmem::find(head, text).is_some();
    let object = match head {
        [b'[' | b'{', ..] => head,
        _ => return None,
    };
    let first_key = |key: &str| {
        let rest = object.trim_ascii_start();
        let rest = rest.strip_prefix(b"[").unwrap_or(rest).trim_ascii_start();
        let rest = rest.strip_prefix(b"{").unwrap_or(b"").trim_ascii_start();
        rest.starts_with(format!("\"{key}\"").as_bytes())
    };
    let array = object[0] == b'[';
    if array && (first_key("message") || holds(b"\"type\":\"out\"")) {
        return Some(Kind::CircleCi);
    }
    if array && (first_key("pos") || holds(b"\"pos\":") && holds(b"\"out\":")) {
        return Some(Kind::Drone);
    }
    let lines = holds(b"\"count\":") && holds(b"\"value\":[");
    let content = holds(b"\"content\":") && (holds(b"\\u001b") || holds(b"travis_fold"));
    (!array && (lines || content)).then_some(Kind::Answer)
}

/// The same for a window: in the middle of a document there is no beginning to tell by.
fn kind_within(bytes: &[u8]) -> Option<Kind> {
    let head = &bytes[..bytes.len().min(64 << 10)];
    let holds = |text: &[u8]| memchr::memmem::find(head, text).is_some();
    if holds(b"{\"message\":\"") && (holds(b"\"type\":\"out\"") || holds(b"\"type\":\"err\"")) {
        return Some(Kind::CircleCi);
    }
    (holds(b"{\"pos\":") && holds(b"\"out\":\"")).then_some(Kind::Drone)
}

/// A text of the document, with what stands beside it.
#[derive(Debug, Default)]
struct Chunk {
    text: Range<usize>,
    /// `out` or `err`.
    stream: Range<usize>,
    pos: u64,
}

/// The text of a log that is a JSON document, its streams one after the other. `None` where the
/// bytes are something else.
pub fn unchunk(bytes: &[u8]) -> Option<View> {
    let kind = match bytes.iter().find(|byte| !byte.is_ascii_whitespace())? {
        b'[' | b'{' => kind(bytes).or_else(|| long(bytes).and_then(kind_within)),
        _ => long(bytes).and_then(kind_within),
    }?;
    let mut chunks = Reader { bytes, at: 0, kind, chunks: Vec::new() }.read();
    if kind == Kind::Drone {
        chunks.sort_by_key(|chunk| chunk.pos);
    }
    let mut streams: Vec<&[u8]> = Vec::new();
    for chunk in &chunks {
        let stream = &bytes[chunk.stream.clone()];
        if !streams.contains(&stream) {
            streams.push(stream);
        }
    }
    let mut view = View::default();
    for stream in streams {
        for chunk in chunks.iter().filter(|chunk| bytes[chunk.stream.clone()] == *stream) {
            decode(bytes, chunk.text.clone(), &mut view);
            if kind == Kind::Answer {
                view.put(b'\n', chunk.text.end..chunk.text.end);
            }
        }
        view.put(b'\n', bytes.len()..bytes.len());
    }
    Some(view)
}

/// Windows of large documents are long; what is short is whole and has its beginning.
fn long(bytes: &[u8]) -> Option<&[u8]> {
    (bytes.len() > 1 << 20).then_some(bytes)
}

/// Goes through a document from string to string.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    kind: Kind,
    chunks: Vec<Chunk>,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Chunk> {
        // Inside a string a quote has a backslash before it, so this is outside of one. What
        // stands before the first object is the end of a text that began before the window.
        let first = memchr::memmem::find(self.bytes, b"{\"").unwrap_or(0);
        if first > 2 {
            self.chunks.push(Chunk { text: 0..self.string_end(0), ..Chunk::default() });
        }
        self.at = first;
        let mut chunk = Chunk::default();
        let mut key = 0..0;
        while let Some(found) = memchr::memchr3(b'"', b'}', b']', &self.bytes[self.at..]) {
            let at = self.at + found;
            self.at = at + 1;
            if self.bytes[at] != b'"' {
                self.flush(&mut chunk);
                continue;
            }
            let end = self.string_end(at + 1);
            let text = at + 1..end;
            self.at = (end + 1).min(self.bytes.len());
            let rest = self.bytes[self.at..].trim_ascii_start();
            if rest.first() == Some(&b':') {
                key = text;
                self.number(&key, &mut chunk);
            } else {
                self.value(&key, text, &mut chunk);
            }
        }
        self.flush(&mut chunk);
        self.chunks
    }

    /// Where a string ends that began before `at`.
    fn string_end(&self, mut at: usize) -> usize {
        while let Some(found) = memchr::memchr2(b'"', b'\\', &self.bytes[at..]) {
            if self.bytes[at + found] == b'"' {
                return at + found;
            }
            at = (at + found + 2).min(self.bytes.len());
        }
        self.bytes.len()
    }

    fn number(&self, key: &Range<usize>, chunk: &mut Chunk) {
        if &self.bytes[key.clone()] == b"pos" {
            let digits = self.bytes[self.at..].iter().skip_while(|byte| !byte.is_ascii_digit());
            let digits = digits.take(18).take_while(|byte| byte.is_ascii_digit());
            chunk.pos = digits.fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
        }
    }

    fn value(&mut self, key: &Range<usize>, text: Range<usize>, chunk: &mut Chunk) {
        match (self.kind, &self.bytes[key.clone()]) {
            (Kind::CircleCi, b"message") | (Kind::Drone, b"out") => chunk.text = text,
            (Kind::CircleCi, b"type") => chunk.stream = text,
            (Kind::Answer, b"value" | b"content") => {
                self.chunks.push(Chunk { text, ..Chunk::default() });
            }
            _ => {}
        }
    }

    fn flush(&mut self, chunk: &mut Chunk) {
        let done = std::mem::take(chunk);
        if !done.text.is_empty() {
            self.chunks.push(done);
        }
    }
}

/// Adds a JSON string without its quotes. What is beyond ASCII and escaped becomes a `?`.
fn decode(bytes: &[u8], range: Range<usize>, view: &mut View) {
    let mut at = range.start;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..range.end]) {
        let start = at + found;
        view.copy(bytes, at..start);
        let (len, byte) = match bytes[start + 1..range.end] {
            [b'n', ..] => (2, b'\n'),
            [b'r', ..] => (2, b'\r'),
            [b't', ..] => (2, b'\t'),
            [b'b', ..] => (2, 0x08),
            [b'f', ..] => (2, 0x0c),
            [b'u', a, b, c, d, ..] => {
                let text = [a, b, c, d];
                let text = std::str::from_utf8(&text).unwrap_or_default();
                let value = u32::from_str_radix(text, 16).ok();
                let ascii = value.and_then(|value| u8::try_from(value).ok());
                (6, ascii.filter(u8::is_ascii).unwrap_or(b'?'))
            }
            [byte, ..] => (2, byte),
            [] => (1, b'\\'),
        };
        view.put(byte, start..start + len);
        at = start + len;
    }
    view.copy(bytes, at..range.end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &str) -> String {
        let view = unchunk(document.as_bytes()).expect("it is one");
        String::from_utf8(view.bytes).expect("text")
    }

    #[test]
    fn chunks_of_one_type_are_joined() {
        let document = r#"[{"message":"a\nto","time":"2026","type":"out"},
            {"message":"x\u001b[0m","time":"2026","type":"err"},
            {"message":"ken\r\n","time":"2026","type":"out"}]"#;
        assert_eq!(text(document), "a\ntoken\r\n\nx\x1b[0m\n");
        let view = unchunk(document.as_bytes()).expect("it is one");
        let back = view.back(2..4);
        assert_eq!(&document[back], "to");
        let back = view.back(4..7);
        assert_eq!(&document[back], "ken");
    }

    #[test]
    fn lines_of_drone_are_put_in_order() {
        let document = r#"[{"pos":1,"out":"b\n","time":0},{"pos":0,"out":"a \"\\\n","time":0}]"#;
        assert_eq!(text(document), "a \"\\\nb\n\n");
    }

    #[test]
    fn answers_of_servers_are_read() {
        assert_eq!(text(r#"{"count":2,"value":["a","b"]}"#), "a\nb\n\n");
        let buildkite = r#"{"url":"u","content":"\u001b_bk;t=1\u0007x\r\n","size":4}"#;
        assert_eq!(text(buildkite), "\x1b_bk;t=1\x07x\r\n\n\n");
    }

    #[test]
    fn other_documents_are_left_alone() {
        for document in
            [r#"{"name":"x","message":"y"}"#, r#"[{"name":"x"}]"#, "[1,2]", "", "text", "[]", "{"]
        {
            assert_eq!(unchunk(document.as_bytes()), None, "{document}");
        }
    }

    #[test]
    fn a_document_may_be_cut_anywhere() {
        let document =
            r#"[{"message":"a\\\"b\u001b","time":"t","type":"out"},{"message":"c","type":"err"}]"#;
        for cut in 0..document.len() {
            for kind in [Kind::CircleCi, Kind::Drone, Kind::Answer] {
                for bytes in [&document.as_bytes()[..cut], &document.as_bytes()[cut..]] {
                    let chunks = Reader { bytes, at: 0, kind, chunks: Vec::new() }.read();
                    let mut view = View::default();
                    for chunk in chunks {
                        decode(bytes, chunk.text, &mut view);
                    }
                }
            }
        }
    }
}
