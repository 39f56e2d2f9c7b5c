//! Rows of an exported table: CSV with a header line, a JSON array of objects, JSON Lines, or a
//! JSON object that has the array somewhere inside.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::{Map, Value};

/// One row: its values by the names of their columns, in lower case. What is NULL is not there.
pub(super) type Row = BTreeMap<String, String>;

/// The rows of a table that has the column `needed`; `None` if there is no such table in the text.
pub(super) fn rows(text: &str, needed: &str) -> anyhow::Result<Option<Vec<Row>>> {
    if text.trim_start().starts_with(['[', '{']) { json(text, needed) } else { csv(text, needed) }
}

fn csv(text: &str, needed: &str) -> anyhow::Result<Option<Vec<Row>>> {
    for separator in *b",;\t" {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .trim(csv::Trim::Headers)
            .from_reader(text.as_bytes());
        let names: Vec<String> =
            reader.headers().context("its first line is no CSV")?.iter().map(column).collect();
        if names.iter().any(|name| name == needed) {
            let row = |record: csv::StringRecord| {
                let cells = record.iter().map(str::to_owned);
                names.iter().cloned().zip(cells).filter(|(_, cell)| !cell.is_empty()).collect()
            };
            let rows = reader.into_records().map(|record| record.map(row));
            return rows.collect::<Result<_, _>>().map(Some).context("it is no whole CSV");
        }
    }
    Ok(None)
}

fn json(text: &str, needed: &str) -> anyhow::Result<Option<Vec<Row>>> {
    let values: Vec<Value> = serde_json::Deserializer::from_str(text)
        .into_iter()
        .collect::<Result<_, _>>()
        .context("it is no whole JSON")?;
    let is_row = |value: &Value| {
        value.as_object().is_some_and(|row| row.keys().any(|name| column(name) == needed))
    };
    // One row a line, or one value that has them all.
    let list = match &values[..] {
        [one] if !is_row(one) => table(one, &is_row),
        lines => lines.iter().any(is_row).then_some(lines),
    };
    Ok(list.map(|list| list.iter().filter_map(Value::as_object).map(row).collect()))
}

/// The first list of rows in a value.
fn table<'a>(value: &'a Value, is_row: &impl Fn(&Value) -> bool) -> Option<&'a [Value]> {
    match value {
        Value::Array(list) if list.iter().any(is_row) => Some(list),
        Value::Array(list) => list.iter().find_map(|inner| table(inner, is_row)),
        Value::Object(map) => map.values().find_map(|inner| table(inner, is_row)),
        _ => None,
    }
}

fn row(map: &Map<String, Value>) -> Row {
    let cell = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    };
    map.iter().filter_map(|(name, value)| Some((column(name), cell(value)?))).collect()
}

fn column(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Row {
        let rows = rows(text, "k").expect("a text").expect("a table");
        assert_eq!(rows.len(), 2, "{text}");
        rows.into_iter().next().expect("a row")
    }

    #[test]
    fn reads_every_form_of_a_table() {
        let expected: Row = [("k", "a"), ("n", "x;y"), ("v", "1")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        for text in [
            "K,N,V,O\na,x;y,1,\nb,y,2,3\n",
            "\"k\";n;v\n\"a\";\"x;y\";1\nb;y;2",
            "o\tn\tv\tk\r\n\tx;y\t1\ta\r\n\t\t\tb\r\n",
            r#" [{"K":"a","n":"x;y","v":1,"o":null},{"k":"b"}]"#,
            "{\"k\":\"a\",\"n\":\"x;y\",\"v\":1}\n{\"k\":\"b\"}\n",
            r#"{"user":{"x":[]},"data":{"rows":[{"k":"a","n":"x;y","v":"1"},{"k":"b"}]}}"#,
        ] {
            assert_eq!(first(text), expected, "{text}");
        }
        assert_eq!(rows("{\"k\":\"a\"}", "k").expect("one row").map(|rows| rows.len()), Some(1));
    }

    #[test]
    fn a_table_without_the_column_is_none_and_half_a_json_is_an_error() {
        for text in ["", "a,b\n1,2\n", "[]", "[{\"a\":1}]", "{\"x\":[{\"a\":1}]}"] {
            assert_eq!(rows(text, "k").expect("a text"), None, "{text}");
        }
        assert!(rows("[{\"k\":\"a\"}", "k").is_err());
        assert!(rows(&"[".repeat(100_000), "k").is_err(), "as deep as a stack");
    }
}
