//! What stands in an answer, and whether there is more of it.

use serde_json::Value;

use crate::door::pickup::Told;
use crate::door::transport::Reply;

/// The text under a key.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

/// The text under a key, or nothing.
pub(crate) fn owned(value: &Value, key: &str) -> Option<String> {
    text(value, key).map(str::to_owned)
}

/// A number or an id that can be one part of an address.
pub(crate) fn id(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        Value::String(text) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            (!text.is_empty() && text.len() < 100 && text.chars().all(plain)).then(|| text.clone())
        }
        _ => None,
    }
}

/// The rows of a list: the answer itself, or what stands under a key.
pub(crate) fn rows<'a>(told: &'a Told, key: Option<&str>) -> Option<&'a [Value]> {
    let list = key.map_or(Some(&told.value), |key| told.value.get(key))?;
    list.as_array().map(Vec::as_slice)
}

/// The address of the next page, as the header `Link` names it (RFC 8288). Empty where it names one
/// in another form.
pub(crate) fn next_page(head: &Reply) -> Option<String> {
    let is_next = |link: &&str| link.contains("rel=\"next\"") || link.contains("rel=next");
    let link = head.header("link")?.split(',').find(is_next)?;
    let address = link.trim().strip_prefix('<').and_then(|link| link.split_once('>'));
    Some(address.map_or("", |(address, _)| address).to_owned())
}

/// The query of the next page. Only the query is taken: the path and the host stay those that were
/// asked.
pub(crate) fn next(head: &Reply) -> Option<String> {
    let address = next_page(head)?;
    let query = address.split_once('?')?.1.split('#').next()?;
    let odd = |c: char| !c.is_ascii() || c.is_ascii_whitespace() || c.is_ascii_control();
    (!query.is_empty() && !query.contains(odd)).then(|| query.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_query_of_a_next_page_is_taken() {
        let next = |link: &str| {
            let headers = vec![("link".to_owned(), link.to_owned())];
            next(&Reply { status: 200, headers, body: Vec::new() })
        };
        let two = "<https://evil.example/x?page=1>; rel=\"prev\", <https://evil.example/y?page=3&a=b>; rel=\"next\"";
        assert_eq!(next(two).as_deref(), Some("page=3&a=b"));
        assert_eq!(next("<https://a.example/x?page=1>; rel=\"last\""), None);
        assert_eq!(next("<https://a.example/x>; rel=\"next\""), None);
    }
}
