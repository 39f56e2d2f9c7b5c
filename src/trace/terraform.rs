//! A state file of Terraform: the provider of `CircleCI` keeps a variable's value there as the
//! base64 of its SHA-256.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

use super::{Digest, Ledger, Read, Record, file};
use crate::identity::{About, Known};

/// How the types of the provider's resources begin.
const PROVIDER: &str = "circleci_";

/// What has attributes: its address in the configuration, its type, and what it is set to.
type Instance<'a> = (String, &'a str, &'a Map<String, Value>);

/// Reads a state file.
pub(super) fn read(what: &str, ledger: &mut Ledger) -> anyhow::Result<()> {
    let text = file::named(what)?;
    let state: Value =
        serde_json::from_str(&text).with_context(|| format!("{what} is no state of Terraform"))?;
    let instances = match state.get("version").and_then(Value::as_u64) {
        Some(4) => version_4(&state),
        Some(3) => version_3(&state),
        Some(other) => bail!("{what} is a state of version {other}, and only 3 and 4 are read"),
        None => bail!("{what} is no state of Terraform: name a terraform.tfstate"),
    };
    let how = format!("base64 of its SHA-256 in {what}");
    let ours = instances.iter().filter(|(_, kind, _)| kind.starts_with(PROVIDER));
    let records: Vec<Record> = ours
        .flat_map(|(address, _, attributes)| {
            let stored_in = format!("{address}{}", variable(attributes));
            let known = vec![Known::certain(About::StoredIn, stored_in, how.as_str())];
            let texts = attributes.values().filter_map(Value::as_str);
            let digests = texts.filter_map(Digest::from_base64);
            digests.map(move |digest| Record { digest, known: known.clone() })
        })
        .collect();
    ledger.read.push(Read {
        source: format!("Terraform state {what}"),
        entries: records.len(),
        notes: Vec::new(),
    });
    ledger.records.extend(records);
    Ok(())
}

/// `resources[].instances[].attributes`, as Terraform writes since 0.12.
fn version_4(state: &Value) -> Vec<Instance<'_>> {
    let mut all = Vec::new();
    for resource in list(state, "resources") {
        let kind = text(resource, "type").unwrap_or_default();
        let name = text(resource, "name").unwrap_or_default();
        let module = text(resource, "module").map(|path| format!("{path}.")).unwrap_or_default();
        for instance in list(resource, "instances") {
            let index = instance.get("index_key").filter(|key| !key.is_null());
            let index = index.map(|key| format!("[{key}]")).unwrap_or_default();
            if let Some(attributes) = instance.get("attributes").and_then(Value::as_object) {
                all.push((format!("{module}{kind}.{name}{index}"), kind, attributes));
            }
        }
    }
    all
}

/// `modules[].resources{}.primary.attributes`, as Terraform wrote before.
fn version_3(state: &Value) -> Vec<Instance<'_>> {
    let mut all = Vec::new();
    for module in list(state, "modules") {
        // The first part is `root`, which no address names.
        let parts = list(module, "path").iter().filter_map(Value::as_str).skip(1);
        let path: String = parts.flat_map(|part| ["module.", part, "."]).collect();
        let resources = module.get("resources").and_then(Value::as_object);
        for (address, resource) in resources.into_iter().flatten() {
            let attributes = resource.get("primary").and_then(|it| it.get("attributes"));
            if let Some(attributes) = attributes.and_then(Value::as_object) {
                let kind = text(resource, "type").unwrap_or(address);
                all.push((format!("{path}{address}"), kind, attributes));
            }
        }
    }
    all
}

/// The variable that the attributes are of, in words.
fn variable(attributes: &Map<String, Value>) -> String {
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| attributes.get(*name)?.as_str().filter(|text| !text.is_empty()))
    };
    let name = first(&["variable", "name"]);
    let place = match (first(&["project"]), first(&["context_id", "context"])) {
        (Some(project), _) => Some(format!("project {project}")),
        (None, Some(context)) => Some(format!("context {context}")),
        (None, None) => None,
    };
    match (name, place) {
        (Some(name), Some(place)) => format!(": variable {name} of {place}"),
        (Some(name), None) => format!(": variable {name}"),
        (None, Some(place)) => format!(": a variable of {place}"),
        (None, None) => String::new(),
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

#[cfg(test)]
mod tests {

    use base64::Engine as _;
    use serde_json::json;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::fixture::mint;
    use crate::hex::hex;
    use crate::trace::{SourceKind, read_text};

    fn stored(token: &str) -> String {
        base64::engine::general_purpose::STANDARD.encode(Sha256::digest(token))
    }

    fn digest(token: &str) -> [String; 1] {
        [hex(&Sha256::digest(token))]
    }

    fn ledger(state: &str) -> anyhow::Result<Ledger> {
        read_text(SourceKind::TerraformState, "terraform.tfstate", state)
    }

    fn stored_in(ledger: &Ledger, token: &str) -> Option<String> {
        ledger.by_digest(&digest(token)).certain(About::StoredIn).map(str::to_owned)
    }

    #[test]
    fn a_state_knows_the_variables_that_hold_a_token() {
        let (one, two, other) = (mint("squ_", 1), mint("squ_", 2), mint("squ_", 3));
        let state = json!({"version": 4, "resources": [
            {"mode": "managed", "type": "circleci_environment_variable", "name": "sonar",
             "module": "module.ci", "instances": [{"index_key": "web", "attributes": {
                "id": "web.SONAR_TOKEN", "name": "SONAR_TOKEN", "project": "web",
                "value": stored(&one), "n": 1, "none": null}}]},
            {"type": "circleci_context_environment_variable", "name": "sonar", "instances": [
                {"attributes": {"variable": "SONAR", "context_id": "c-1", "value": stored(&two)}}]},
            {"type": "other_variable", "name": "x", "instances": [
                {"attributes": {"value": stored(&other)}}]},
        ]});
        let ledger = ledger(&state.to_string()).expect("a state");
        assert_eq!(
            stored_in(&ledger, &one).as_deref(),
            Some(
                "module.ci.circleci_environment_variable.sonar[\"web\"]: variable SONAR_TOKEN of \
                 project web"
            )
        );
        assert_eq!(
            stored_in(&ledger, &two).as_deref(),
            Some("circleci_context_environment_variable.sonar: variable SONAR of context c-1")
        );
        assert_eq!((stored_in(&ledger, &other), ledger.read[0].entries), (None, 2));
    }

    #[test]
    fn a_state_of_old_knows_them_too() {
        let token = mint("squ_", 4);
        let state = json!({"version": 3, "modules": [{"path": ["root", "ci"], "resources": {
            "circleci_environment_variable.sonar": {"type": "circleci_environment_variable",
                "primary": {"attributes": {"name": "T", "project": "p", "value": stored(&token)}}}
        }}]});
        let ledger = ledger(&state.to_string()).expect("a state");
        assert_eq!(
            stored_in(&ledger, &token).as_deref(),
            Some("module.ci.circleci_environment_variable.sonar: variable T of project p")
        );
    }

    #[test]
    fn what_is_no_state_is_refused() {
        for text in ["", "[]", "{}", r#"{"version":1}"#, r#"{"version":4"#] {
            assert!(ledger(text).is_err(), "{text}");
        }
    }
}
