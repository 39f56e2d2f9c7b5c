//! The part of SARIF 2.1.0 that we write, borrowed from the report. Names are the standard's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::origin::{LogPlace, Removed};

#[derive(Serialize)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct Message {
    pub(super) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) markdown: Option<String>,
}

impl Message {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), markdown: None }
    }
}

#[derive(Serialize)]
pub(super) struct Tool<'a> {
    pub(super) driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'a> {
    pub(super) name: &'static str,
    pub(super) full_name: String,
    pub(super) version: &'static str,
    pub(super) semantic_version: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) information_uri: &'static str,
    pub(super) short_description: Text<'static>,
    pub(super) rules: Vec<Descriptor<'a>>,
    pub(super) notifications: Vec<NotificationDescriptor>,
    pub(super) supported_taxonomies: [ComponentReference; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor<'a> {
    pub(super) id: &'a str,
    pub(super) name: String,
    pub(super) short_description: Message,
    pub(super) full_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) help_uri: Option<&'a str>,
    pub(super) help: Message,
    pub(super) default_configuration: Configuration,
    pub(super) relationships: [Relationship; 1],
    pub(super) properties: RuleProperties,
}

#[derive(Serialize)]
pub(super) struct Configuration {
    pub(super) level: &'static str,
}

#[derive(Serialize)]
pub(super) struct RuleProperties {
    pub(super) tags: Vec<String>,
    pub(super) precision: &'static str,
    #[serde(rename = "security-severity")]
    pub(super) security_severity: String,
}

#[derive(Serialize)]
pub(super) struct Relationship {
    pub(super) target: TaxonReference,
    pub(super) kinds: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxonReference {
    pub(super) id: Cow<'static, str>,
    pub(super) index: usize,
    pub(super) tool_component: ComponentReference,
}

#[derive(Serialize)]
pub(super) struct ComponentReference {
    pub(super) name: &'static str,
    pub(super) index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotificationDescriptor {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) short_description: Text<'static>,
    pub(super) full_description: Text<'static>,
    pub(super) help: Text<'static>,
    pub(super) default_configuration: Configuration,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Taxonomy {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) organization: &'static str,
    pub(super) information_uri: &'static str,
    pub(super) short_description: Text<'static>,
    pub(super) is_comprehensive: bool,
    pub(super) taxa: Vec<Taxon>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Taxon {
    pub(super) id: Cow<'static, str>,
    pub(super) name: &'static str,
    pub(super) short_description: Text<'static>,
    pub(super) help_uri: Cow<'static, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome<'a> {
    pub(super) rule_id: &'a str,
    pub(super) rule_index: usize,
    pub(super) kind: &'static str,
    pub(super) level: &'static str,
    pub(super) rank: f64,
    pub(super) message: Message,
    pub(super) locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) related_locations: Vec<Location<'a>>,
    pub(super) fingerprints: BTreeMap<&'static str, String>,
    pub(super) partial_fingerprints: BTreeMap<&'static str, String>,
    pub(super) taxa: [TaxonReference; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suppressions: Option<Vec<Suppression>>,
    pub(super) properties: OutcomeProperties<'a>,
}

#[derive(Serialize)]
pub(super) struct Suppression {
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutcomeProperties<'a> {
    pub(super) redacted: &'a str,
    pub(super) service: &'a str,
    pub(super) severity: crate::finding::Severity,
    pub(super) confidence: crate::leak::Confidence,
    pub(super) verdict: crate::finding::State,
    pub(super) verdict_why: &'a str,
    /// What came of revoking it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revocation: Option<&'a crate::revocation::Revocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identity: Option<&'a crate::identity::Identity>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub(super) digests: &'a BTreeMap<String, String>,
    pub(super) origin: &'static str,
    /// How many places of the token this result stands for.
    pub(super) places: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) revoke_command: &'a Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) prove_command: &'a Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revoke_page: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) companions: &'a BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) notes: &'a [String],
    /// Where a token of its service is used by name.
    #[serde(skip_serializing_if = "<[crate::usage::Usage]>::is_empty")]
    pub(super) usages: &'a [crate::usage::Usage],
    /// What a log shows of a token that it masks otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) partial: Option<&'a str>,
    /// The member of the archive in which the first place is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) member: Option<&'a str>,
    /// The reading in which the first place is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) view: Option<String>,
    #[serde(flatten)]
    pub(super) log: Option<&'a LogPlace>,
    /// The commit with which HEAD lost the token, not only this place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) removed: Option<&'a Removed>,
    #[serde(flatten)]
    pub(super) history: Option<HistoryProperties<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryProperties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) author_date: Option<&'a str>,
    pub(super) reachable: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reachable_from: Option<&'a str>,
    pub(super) in_head: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) never_in_head: bool,
    pub(super) object: &'a str,
    pub(super) versions: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are the standard's")]
pub(super) struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<usize>,
    pub(super) physical_location: PhysicalLocation<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logical_locations: Option<[LogicalLocation; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation<'a> {
    pub(super) artifact_location: ArtifactLocation,
    pub(super) region: Region<'a>,
    pub(super) context_region: ContextRegion<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub(super) uri: String,
    pub(super) uri_base_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region<'a> {
    pub(super) start_line: u64,
    pub(super) start_column: u64,
    pub(super) end_line: u64,
    pub(super) end_column: u64,
    pub(super) snippet: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContextRegion<'a> {
    pub(super) start_line: u64,
    pub(super) end_line: u64,
    pub(super) snippet: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    pub(super) name: String,
    pub(super) fully_qualified_name: String,
    pub(super) kind: &'static str,
}

#[derive(Serialize)]
pub(super) struct UriBase {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uri: Option<String>,
    pub(super) description: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Provenance<'a> {
    pub(super) repository_uri: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revision_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mapped_to: Option<MappedTo>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MappedTo {
    pub(super) uri_base_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub(super) execution_successful: bool,
    pub(super) tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
pub(super) struct Notification {
    pub(super) descriptor: NotificationReference,
    pub(super) level: &'static str,
    pub(super) message: Message,
}

#[derive(Serialize)]
pub(super) struct NotificationReference {
    pub(super) id: String,
}

#[derive(Serialize)]
pub(super) struct AutomationDetails {
    pub(super) id: &'static str,
}
