//! Pointers into JSON (RFC 6901), in which `*` is every element of an array.

use serde_json::Value;

/// All texts at a pointer: those of an array each by itself.
pub fn texts(value: &Value, pointer: &str) -> Vec<String> {
    match pointer.split_once("/*") {
        Some((array, rest)) => {
            let elements = value.pointer(array).and_then(Value::as_array);
            elements.into_iter().flatten().flat_map(|it| texts(it, rest)).collect()
        }
        None => match value.pointer(pointer) {
            Some(Value::Array(elements)) => elements.iter().filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => Vec::new(),
        },
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_every_element() {
        let value = serde_json::json!({"a": [{"n": "x"}, {"n": 2}, {"n": ""}], "b": ["y", true]});
        assert_eq!(texts(&value, "/a/*/n"), ["x", "2"]);
        assert_eq!(texts(&value, "/b"), ["y", "true"]);
        assert!(texts(&value, "/c/*/n").is_empty() && texts(&value, "/a").is_empty());
    }
}
