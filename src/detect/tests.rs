//! What hides a token, one way after the other: each sample holds one and the search has to find
//! it, at its place, through the reading that is named.

use super::*;
use crate::rule::mint::Mint;
use crate::secret::Secret;

/// Tokens minted anew, and the detector that has to find them.
struct Samples {
    mint: Mint,
    detector: Detector,
}

impl Samples {
    fn new(seed: u64) -> Self {
        let rules = Rules::builtin().expect("they compile");
        Self { mint: Mint::new(seed), detector: Detector::new(&rules, false) }
    }

    fn search(&self, blob: &[u8]) -> Found {
        self.detector.search(blob)
    }

    fn hex(&mut self, len: usize) -> String {
        String::from_utf8(self.mint.random(b"0123456789abcdef", len)).expect("ASCII")
    }

    fn user(&mut self) -> String {
        format!("sq{}_{}", "u", self.hex(40))
    }

    /// Asserts that the blob holds exactly this token, in this reading, where `raw` stands.
    #[track_caller]
    fn holds(&self, blob: &[u8], token: &str, view: &str, raw: &str) {
        let found = self.search(blob);
        let shown: Vec<String> = found
            .candidates
            .iter()
            .map(|c| format!("{} {}", c.layers, c.line.text.escape_debug()))
            .collect();
        let text = String::from_utf8_lossy(blob);
        assert_eq!(found.candidates.len(), 1, "{shown:?} in {text:?}");
        let one = &found.candidates[0];
        let print = Secret::new(token.as_bytes()).fingerprint();
        assert_eq!(one.secret.fingerprint(), print, "{shown:?} in {text:?}");
        assert_eq!(one.layers.to_string(), view, "{text:?}");
        let span = one.span.start as usize..one.span.end as usize;
        assert_eq!(String::from_utf8_lossy(&blob[span]), raw, "{text:?}");
        assert!(!one.line.text.contains(&token[token.len() - 12..]), "shown: {}", one.line.text);
    }
}

fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut coded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let sextet = ALPHABET[(bits >> (18 - 6 * at)) as usize & 63];
            coded.push(if at <= chunk.len() { char::from(sextet) } else { '=' });
        }
    }
    coded
}

/// The bytes of a unit of UTF-16.
type Order = fn(u16) -> [u8; 2];

fn hex(text: &[u8]) -> String {
    text.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[test]
fn base64_at_every_alignment() {
    let mut samples = Samples::new(31);
    for lead in ["", "a", "ab", "abc", "user:x\n", "{\"token\":\""] {
        for tail in ["", ":", "\n", "\"}", ":x"] {
            let token = samples.user();
            let lead = if lead.ends_with(|c: char| c.is_alphanumeric()) {
                format!("{lead}:")
            } else {
                lead.to_owned()
            };
            let coded = base64(&format!("{lead}{token}{tail}"));
            for coded in [coded.clone(), coded.trim_end_matches('=').to_owned()] {
                let blob = format!("first\nAuthorization: Basic {coded}\nlast\n");
                let found = samples.search(blob.as_bytes());
                assert_eq!(found.candidates.len(), 1, "{blob}");
                let one = &found.candidates[0];
                assert_eq!(one.layers.to_string(), "base64");
                assert_eq!((one.position.line, one.position.end_line), (2, 2));
                let at =
                    blob.find(&coded).expect("it is there") + lead.len() / 3 * 4 + lead.len() % 3;
                assert_eq!(one.span.start as usize, at, "{blob}");
            }
        }
    }
}

#[test]
fn base64_wrapped_nested_and_in_its_usual_places() {
    let mut samples = Samples::new(32);
    let token = samples.user();
    let twice = base64(&base64(&format!("{token}:")));
    samples.holds(format!("x: {twice}").as_bytes(), &token, "base64+base64", &twice[..79]);
    let url = base64(&format!("~~~>>{token}")).replace('+', "-").replace('/', "_");
    let found = samples.search(format!("a={url}").as_bytes());
    assert_eq!(found.candidates.len(), 1);
    for width in [60, 64, 70, 76] {
        let text =
            format!("# a file\nsonar.host.url=https://s.example\nsonar.token={token}\nend of it\n");
        let coded = base64(&text);
        let lines: Vec<&str> = coded
            .as_bytes()
            .chunks(width)
            .map(|l| std::str::from_utf8(l).expect("ASCII"))
            .collect();
        for newline in ["\n", "\r\n", "\n    "] {
            let blob = format!("data:\n  f: |\n    {}\nend", lines.join(newline));
            let found = samples.search(blob.as_bytes());
            assert_eq!(found.candidates.len(), 1, "{blob}");
            assert_eq!(
                found.candidates[0].secret.fingerprint(),
                Secret::new(token.as_bytes()).fingerprint()
            );
        }
    }
    // Kubernetes, npm, docker.
    let coded = base64(&token);
    samples.holds(
        format!("kind: Secret\ndata:\n  token: {coded}\n").as_bytes(),
        &token,
        "base64",
        coded.trim_end_matches('='),
    );
    let coded = base64(&format!("me:{token}"));
    let whole = &coded[4..].trim_end_matches('=');
    samples.holds(format!("//r.example/:_auth={coded}\n").as_bytes(), &token, "base64", whole);
    samples.holds(
        format!("{{\"auths\":{{\"r\":{{\"auth\":\"{coded}\"}}}}}}").as_bytes(),
        &token,
        "base64",
        whole,
    );
}

#[test]
fn a_bare_token_in_base64_needs_its_key() {
    let mut samples = Samples::new(33);
    let token = samples.hex(40);
    let coded = base64(&token);
    samples.holds(
        format!("data:\n  SONAR_TOKEN: {coded}\n").as_bytes(),
        &token,
        "base64",
        coded.trim_end_matches('='),
    );
    assert!(samples.search(format!("data:\n  other: {coded}\n").as_bytes()).candidates.is_empty());
    let jenkins = format!("11{}", samples.hex(32));
    let coded = base64(&format!("alice:{jenkins}"));
    let blob = format!("> GET https://jenkins.example.com/job/x\n> Authorization: Basic {coded}\n");
    let found = samples.search(blob.as_bytes());
    assert_eq!(found.candidates.len(), 1, "{blob}");
    assert!(found.candidates[0].companions.iter().any(|c| c.value == "alice"));
}

#[test]
fn escapes_of_every_kind() {
    let mut samples = Samples::new(34);
    let token = samples.user();
    let body = &token[4..];
    let some = [
        format!("squ%5F{body}"),
        format!("squ%5f{body}"),
        format!("\\u0073qu_{body}"),
        format!("squ\\u005f{body}"),
        format!("squ\\x5f{body}"),
        format!("squ&#95;{body}"),
        format!("squ\\_{body}"),
    ];
    for raw in some {
        samples.holds(format!("{{\"k\": \"{raw}\"}}").as_bytes(), &token, "escapes", &raw);
    }
    let all = |show: fn(u8) -> String| token.bytes().map(show).collect::<String>();
    for raw in [
        all(|b| format!("%{b:02X}")),
        all(|b| format!("\\u00{b:02x}")),
        all(|b| format!("\\x{b:02x}")),
        all(|b| format!("&#{b};")),
        all(|b| format!("&#x{b:x};")),
        all(|b| format!("\\{b:03o}")),
    ] {
        samples.holds(format!("a \"{raw}\" b").as_bytes(), &token, "escapes", &raw);
    }
    let double = format!("squ%255F{body}");
    samples.holds(format!("q={double}&b").as_bytes(), &token, "escapes+escapes", &double);
    samples.holds(format!("u?a=b%26t%3D{token}%26x").as_bytes(), &token, "raw", &token);
    samples.holds(format!("\"a\\n{token}\\n\"").as_bytes(), &token, "raw", &token);
    samples.holds(format!("{{\\\"t\\\":\\\"{token}\\\"}}").as_bytes(), &token, "raw", &token);
}

#[test]
fn hex_and_dumps() {
    let mut samples = Samples::new(35);
    let token = samples.user();
    let number = hex(token.as_bytes());
    samples.holds(format!("h = 0x{number};").as_bytes(), &token, "hex", &number);
    let text = format!("sonar.token={token}\n");
    let row = |(index, row): (usize, &[u8])| {
        let digits: Vec<String> = row.iter().map(|b| format!("{b:02x}")).collect();
        format!("{:08x}  {}  |…|\n", index * 16, digits.join(" "))
    };
    let dump: String = text.as_bytes().chunks(16).enumerate().map(row).collect();
    let found = samples.search(format!("$ hexdump -C f\n{dump}").as_bytes());
    assert_eq!(found.candidates.len(), 1, "{dump}");
    assert_eq!(found.candidates[0].layers.to_string(), "hex");
    assert_eq!((found.candidates[0].position.line, found.candidates[0].position.end_line), (2, 5));
}

#[test]
fn utf_16_whole_or_in_part() {
    let mut samples = Samples::new(36);
    let token = samples.user();
    let text = format!("$env:A = 'größer'\r\n$env:SONAR_TOKEN = '{token}'\r\n");
    let orders: [(Order, &[u8; 2]); 2] =
        [(u16::to_le_bytes, b"\xff\xfe"), (u16::to_be_bytes, b"\xfe\xff")];
    for (order, mark) in orders {
        let wide: Vec<u8> = text.encode_utf16().flat_map(order).collect();
        let raw: Vec<u8> = token.encode_utf16().flat_map(order).collect();
        let raw = String::from_utf8(raw).expect("ASCII");
        for lead in [&b""[..], mark, b"plain\n", b"odd\n"] {
            let blob = [lead, &wide, b"\nplain again\n"].concat();
            samples.holds(&blob, &token, "utf-16", &raw);
        }
        let found = samples.search(&[&mark[..], &wide].concat());
        let place = found.candidates[0].position;
        assert_eq!((place.line, place.end_column - place.column), (2, 44), "{place:?}");
    }
}

#[test]
fn words_that_a_width_broke() {
    let mut samples = Samples::new(37);
    for cut in 1..43 {
        let token = samples.user();
        for newline in ["\n", "\r\n", "   \r\n", "\n    "] {
            let raw = format!("{}{newline}{}", &token[..cut], &token[cut..]);
            samples.holds(format!("echo {raw} done\n").as_bytes(), &token, "wrapped", &raw);
        }
    }
}

#[test]
fn what_a_reading_finds_is_masked_in_the_lines_of_others() {
    let mut samples = Samples::new(38);
    let (one, two) = (samples.user(), samples.user());
    let coded = base64(&format!("{two}:"));
    let blob = format!("curl -u {one}: -H 'Authorization: Basic {coded}'\n");
    let found = samples.search(blob.as_bytes());
    assert_eq!(found.candidates.len(), 2);
    for candidate in &found.candidates {
        for part in [&one[10..30], &two[10..30], &coded[10..40]] {
            assert!(!candidate.line.text.contains(part), "{}", candidate.line.text);
        }
    }
}

mod terminal;
mod terms;
