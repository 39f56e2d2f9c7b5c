//! Bodies that a careless parser takes for an answer.

use super::super::http::Reply;
use super::FaultKind;

const DEPTH: usize = 100_000;

/// What a server says that takes everybody for somebody.
pub(super) fn valid(of_validate: bool) -> &'static str {
    if of_validate {
        "{\"valid\":true}"
    } else {
        "{\"isLoggedIn\":true,\"login\":\"somebody\",\"name\":\"Somebody\",\
         \"permissions\":{\"global\":[]}}"
    }
}

/// The body of a fault that is nothing but a body.
pub(super) fn body(what: &FaultKind, honest: &Reply) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(&honest.body).into_owned();
    let body = match what {
        FaultKind::DoubledKeys => {
            "{\"isLoggedIn\":true,\"valid\":true,\"login\":\"somebody\",\"valid\":false,\
             \"isLoggedIn\":false}"
                .to_owned()
        }
        FaultKind::DeepJson => {
            let (open, close) = ("[".repeat(DEPTH), "]".repeat(DEPTH));
            format!("{{\"isLoggedIn\":true,\"login\":\"somebody\",\"deep\":{open}{close}}}")
        }
        FaultKind::Utf16Json => return Some(utf16(&text)),
        FaultKind::WrongType => text
            .replace("\"isLoggedIn\":true", "\"isLoggedIn\":\"true\"")
            .replace("\"valid\":true", "\"valid\":\"true\""),
        FaultKind::Array => format!("[{text}]"),
        FaultKind::TrailingBytes => format!("{text}<!-- served by a proxy -->"),
        FaultKind::ByteOrderMark => format!("\u{feff}{text}"),
        _ => return None,
    };
    Some(body.into_bytes())
}

/// Little-endian, with a mark.
fn utf16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}
