//! From what a rule file says of revoking to what it means.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use super::{RuleError, Source, texts};
use crate::remedy::{Remedy, Script, Way};
use crate::rule::check::{check_id, check_slots, https_only};
use crate::rule::revoke::Revoke;
use crate::rule::sent::{Method, Send};
use crate::rule::verify::Verify;
use crate::rule::{CompanionRule, syntax, template};

/// Ways to revoke that tokens share, by name.
pub(super) type Recipes = BTreeMap<String, Spanned<syntax::Revoke>>;

impl Source<'_> {
    /// A shared way to revoke that no token names is a mistake.
    pub(super) fn check_recipes(
        &self,
        recipes: &Recipes,
        named: &[String],
    ) -> Result<(), RuleError> {
        match recipes.iter().find(|(name, _)| !named.contains(name)) {
            Some((name, at)) => {
                Err(self.error(&at.span(), &format!("revoke.{name}"), "no token names it"))
            }
            None => Ok(()),
        }
    }

    /// How this token is revoked: by a table of its own or by one that it names.
    pub(super) fn revoke(
        &self,
        token: &syntax::Token,
        companions: &[CompanionRule],
        verify: &[Arc<Verify>],
        recipes: &Recipes,
    ) -> Result<Arc<Revoke>, RuleError> {
        let id = token.id.span();
        let (recipe, key) = match (&token.revoke, &token.revoked_by) {
            (Some(own), None) => (own, "token.revoke".to_owned()),
            (None, Some(name)) => {
                let why = || format!("there is no [revoke.{}]", name.get_ref());
                let none = || self.error(&name.span(), "token.revoked_by", why());
                let shared = recipes.get(name.get_ref()).ok_or_else(none)?;
                (shared, format!("revoke.{}", name.get_ref()))
            }
            (Some(_), Some(name)) => {
                return Err(self.error(
                    &name.span(),
                    "token.revoked_by",
                    "has [token.revoke], too",
                ));
            }
            (None, None) => return Err(self.error(&id, "token.revoke", "says nothing")),
        };
        self.check_recipe(recipe.get_ref(), &recipe.span(), companions, &key)?;
        let recipe = recipe.get_ref();
        let mut remedy = remedy(recipe);
        if remedy.prove.is_empty()
            && let Some((command, status)) = verify.iter().find_map(|way| proof(way))
        {
            (remedy.prove, remedy.proved_by) = (command, Some(status));
        }
        Ok(Arc::new(Revoke { remedy, request: recipe.request.clone(), rest: recipe.rest.clone() }))
    }

    fn check_recipe(
        &self,
        recipe: &syntax::Revoke,
        span: &Range<usize>,
        companions: &[CompanionRule],
        key: &str,
    ) -> Result<(), RuleError> {
        let check = |text: &String| {
            check_slots(text, companions, &[])?;
            https_only(text)
        };
        // What a person writes may say which token it is and where it stands.
        let written = |text: &String| {
            check_slots(text, companions, &["redacted", "place"])?;
            https_only(text)
        };
        let of = |part: &str| format!("{key}.{part}");
        self.each(recipe.page.as_slice(), &of("page"), check)?;
        self.each(&recipe.steps, &of("steps"), check)?;
        self.each(&recipe.replace, &of("replace"), check)?;
        self.each(&recipe.levers, &of("levers"), check)?;
        self.each(&recipe.command, &of("command"), check)?;
        self.each(&recipe.prove, &of("prove"), check)?;
        self.each(recipe.message.as_slice(), &of("message"), written)?;
        for way in &recipe.way {
            self.each(&way.command, &of("way.command"), check)?;
        }
        for script in &recipe.script {
            self.value(&script.id, &of("script.id"), |id| check_id(id))?;
            self.value(&script.text, &of("script.text"), check)?;
        }
        if !recipe.way.is_empty() && !recipe.command.is_empty() {
            return Err(self.error(span, &of("command"), "the first [[way]] is the command"));
        }
        if recipe.page.is_none() && recipe.steps.is_empty() && remedy(recipe).command.is_empty() {
            return Err(self.error(span, key, "says nothing"));
        }
        let wrong = |(part, why): (&str, String)| self.error(span, &of(part), why);
        recipe.request.as_ref().map_or(Ok(()), |it| it.check().map_err(wrong))?;
        recipe.rest.as_ref().map_or(Ok(()), |it| it.check().map_err(wrong))
    }
}

/// The question whether a token is alive as a command, and what it prints of a dead one: of those
/// whose request names nothing but the token, at a host that is known.
fn proof(verify: &Verify) -> Option<(Vec<String>, String)> {
    let host = verify.hosts.first()?;
    let alone = template::slots(&verify.path).is_empty() && verify.with.is_empty();
    if verify.method != Method::Get || !alone {
        return None;
    }
    let bearer = || "Authorization: Bearer $LEAKED_TOKEN".to_owned();
    let sent = match verify.send {
        Send::BasicUser => ["-u", "$LEAKED_TOKEN:"].map(str::to_owned),
        Send::BasicPassword => ["-u", ":$LEAKED_TOKEN"].map(str::to_owned),
        Send::Bearer => ["-H".to_owned(), bearer()],
        Send::Header => {
            let (header, before) = (verify.header.as_ref()?, &verify.before);
            ["-H".to_owned(), format!("{header}: {before}$LEAKED_TOKEN")]
        }
        Send::BasicPair | Send::Body | Send::None => return None,
    };
    let mut command =
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}\\n"].map(str::to_owned).to_vec();
    command.extend(sent);
    command.push(format!("{host}{}", verify.path));
    let mut statuses: Vec<u16> = verify.dead.iter().flat_map(|dead| dead.status.clone()).collect();
    let alive = |status: &u16| verify.live.iter().any(|live| live.status.contains(status));
    statuses.dedup();
    // A status that a token alive may get as well proves nothing by itself.
    statuses.retain(|status| !alive(status));
    let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
    (!statuses.is_empty()).then(|| (command, statuses.join(" or ")))
}

fn remedy(recipe: &syntax::Revoke) -> Remedy {
    let all = |words: &[Spanned<String>]| texts(words).cloned().collect::<Vec<_>>();
    let way = |way: &syntax::Way| Way { who: way.who, command: all(&way.command) };
    let script = |script: &syntax::Script| Script {
        id: script.id.get_ref().clone(),
        title: script.title.clone(),
        text: script.text.get_ref().clone(),
    };
    let first = recipe.way.first().map(|way| all(&way.command));
    Remedy {
        page: recipe.page.as_ref().map(|page| page.get_ref().clone()),
        steps: all(&recipe.steps),
        command: first.unwrap_or_else(|| all(&recipe.command)),
        prove: all(&recipe.prove),
        proved_by: recipe.proved_by.clone(),
        replace: all(&recipe.replace),
        ways: recipe.way.iter().map(way).collect(),
        message: recipe.message.as_ref().map(|text| text.get_ref().trim().to_owned()),
        levers: all(&recipe.levers),
        scripts: recipe.script.iter().map(script).collect(),
    }
}
