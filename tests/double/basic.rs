//! The `Authorization: Basic` header, read as strictly as servers do.

/// What stands after `Basic `: no base64, no colon in it, or a name and a password.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Basic {
    Malformed,
    Pair(String, String),
}

/// The credentials of a header of this scheme; `None` for another scheme.
pub(crate) fn basic(header: &str) -> Option<Basic> {
    let encoded = after_scheme(header, "basic ")?;
    let decoded = base64(encoded.trim()).and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
    Some(pair.map_or(Basic::Malformed, |(name, password)| {
        Basic::Pair(name.to_owned(), password.to_owned())
    }))
}

/// What follows a scheme, whose case does not matter.
pub(crate) fn after_scheme<'a>(header: &'a str, scheme: &str) -> Option<&'a str> {
    let start = header.get(..scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then(|| &header[scheme.len()..])
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        bits = bits << 6 | u32::from(value(digit)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
