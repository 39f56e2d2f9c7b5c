//! What a rule file of gitleaks or betterleaks says, word for word (config/config.go of
//! gitleaks/gitleaks and betterleaks/betterleaks). Both take keys in any case: those that people
//! write are known. What is not known here is kept by its name: a rule that says it is not run.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

#[derive(Debug, Default, Deserialize)]
pub(super) struct File {
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) extend: Extend,
    #[serde(default)]
    pub(super) rules: Vec<Spanned<Rule>>,
    #[serde(default)]
    pub(super) allowlist: OneOrMany,
    #[serde(default)]
    pub(super) allowlists: OneOrMany,
    pub(super) prefilter: Option<Spanned<String>>,
    pub(super) filter: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Extend {
    pub(super) path: Option<Spanned<String>>,
    pub(super) url: Option<Spanned<String>>,
    #[serde(default, rename = "useDefault", alias = "usedefault")]
    pub(super) use_default: Option<Spanned<bool>>,
    #[serde(default, rename = "disabledRules", alias = "disabledrules")]
    pub(super) disabled_rules: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Rule {
    #[serde(default)]
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) regex: Option<String>,
    pub(super) path: Option<String>,
    #[serde(rename = "secretGroup", alias = "secretgroup")]
    pub(super) secret_group: Option<usize>,
    pub(super) entropy: Option<f64>,
    #[serde(default)]
    pub(super) keywords: Vec<String>,
    #[serde(default)]
    pub(super) allowlist: OneOrMany,
    #[serde(default)]
    pub(super) allowlists: OneOrMany,
    #[serde(default)]
    pub(super) required: Vec<Required>,
    #[serde(default, rename = "skipReport")]
    pub(super) skip_report: bool,
    #[serde(default, rename = "tokenEfficiency")]
    pub(super) token_efficiency: bool,
    pub(super) filter: Option<String>,
    #[serde(flatten)]
    pub(super) rest: BTreeMap<String, toml::Value>,
}

/// What a rule says that changes nothing of what it finds.
pub(super) const IDLE: [&str; 3] = ["tags", "specificity", "validate"];

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Required {
    pub(super) id: String,
    #[serde(rename = "withinLines")]
    pub(super) within_lines: Option<u64>,
    #[serde(rename = "withinColumns")]
    pub(super) within_columns: Option<u64>,
}

/// One allowlist, as it was written once, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    Many(Vec<Allowlist>),
    One(Box<Allowlist>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    pub(super) fn all(&self) -> Vec<Allowlist> {
        match self {
            Self::Many(all) => all.clone(),
            Self::One(one) => vec![one.as_ref().clone()],
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Allowlist {
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    pub(super) condition: String,
    #[serde(default)]
    pub(super) commits: Vec<String>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    #[serde(default)]
    pub(super) regexes: Vec<String>,
    #[serde(default, rename = "regexTarget", alias = "regextarget")]
    pub(super) regex_target: String,
    #[serde(default, alias = "stopWords")]
    pub(super) stopwords: Vec<String>,
    #[serde(default, rename = "targetRules")]
    pub(super) target_rules: Vec<String>,
    #[serde(flatten)]
    pub(super) rest: BTreeMap<String, toml::Value>,
}

impl Rule {
    /// Lets more pass.
    pub(super) fn add(&mut self, list: Allowlist) {
        let mut all = self.allowlists.all();
        all.push(list);
        self.allowlists = OneOrMany::Many(all);
    }

    /// Takes from `base` what it does not say itself; words and allowlists are those of both.
    pub(super) fn inherit(&mut self, base: Self) {
        let own = std::mem::take(self);
        let mut lists = own.allowlists.all();
        lists.extend(own.allowlist.all());
        lists.extend(base.allowlists.all());
        lists.extend(base.allowlist.all());
        *self = Self {
            description: own.description.or(base.description),
            regex: own.regex.or(base.regex),
            path: own.path.or(base.path),
            secret_group: own.secret_group.or(base.secret_group),
            entropy: own.entropy.or(base.entropy),
            filter: own.filter.or(base.filter),
            keywords: [base.keywords, own.keywords].concat(),
            required: if own.required.is_empty() { base.required } else { own.required },
            skip_report: own.skip_report || base.skip_report,
            token_efficiency: own.token_efficiency || base.token_efficiency,
            allowlists: OneOrMany::Many(lists),
            allowlist: OneOrMany::default(),
            rest: base.rest.into_iter().chain(own.rest).collect(),
            id: own.id,
        };
    }
}
