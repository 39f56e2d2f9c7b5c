//! All tokens of one owner but one: for the day after, when a new one is in place.

use super::apply::{Desk, Ready, Said, field_of, lent_credential};
use super::{Lent, Settings};
use crate::identity::{About, Identity, Listed};
use crate::leak::Companion;
use crate::revocation::{Outcome, Rest};
use crate::rule::Rule;
use crate::rule::revoke::{self, LISTED, Request};
use crate::rule::verify::Field;
use crate::verdict::State;
use crate::verify::{self, Answer, Subject, ask};

/// Finds all tokens of whose credential was lent, and with `deed` revokes all but `keep`. The error
/// is why nothing was sent.
pub fn rest(
    rule: &Rule,
    lent: &Lent,
    keep: &str,
    deed: bool,
    how: &Settings,
    asking: &verify::Settings,
    clean: &dyn Fn(&mut String),
) -> Result<Rest, String> {
    let name = &rule.service.name;
    let recipe = rule.revoke.rest.as_ref();
    let recipe = recipe.ok_or_else(|| format!("{name} has no request for that"))?;
    let slot = |user: &String| Companion { name: "user".to_owned(), value: user.clone() };
    let user: Vec<Companion> = lent.user.iter().map(slot).collect();
    let subject = Subject {
        rule,
        secret: &lent.secret,
        companions: user.iter().collect(),
        first_seen: None,
        partial: false,
        placed: true,
        halves: &[],
    };
    let subject = std::slice::from_ref(&subject);
    let answer = ask(subject, asking).pop().ok_or("there was nobody to ask")?;
    let mut rest = plan(recipe, &answer, keep, &lent.variable)?;
    if deed {
        let desk = Desk::new(how, asking, clean);
        desk.revoke_rest(&subject[0], &answer, recipe, lent, &mut rest)?;
        let quiet = verify::Settings { announce: |_| (), ..asking.clone() };
        prove(&mut rest, recipe.keep, ask(subject, &quiet).pop().as_ref());
    }
    rest.clean(clean);
    Ok(rest)
}

/// Which tokens go and which one stays: all of them have to be in the list.
fn plan(
    recipe: &revoke::Rest,
    answer: &Answer,
    keep: &str,
    variable: &str,
) -> Result<Rest, String> {
    if answer.verdict.state != State::Live {
        return Err(format!("the credential in ${variable}: {}", answer.verdict.why));
    }
    let unread = || "the list of its owner's tokens could not be read".to_owned();
    let listed = answer.listed.clone().ok_or_else(unread)?;
    let of = |row: &Listed| field_of(row, recipe.keep) == Some(keep);
    let (mut kept, others): (Vec<Listed>, Vec<Listed>) = listed.into_iter().partition(of);
    let (Some(kept), true) = (kept.pop(), kept.is_empty()) else {
        let names: Vec<String> = others.iter().map(|row| shown(row, recipe.keep)).collect();
        return Err(format!(
            "no token {keep:?} is in the list, so that all would go; there are {}",
            names.join(", ")
        ));
    };
    if let Some(own) = itself(&answer.identity, recipe.keep).filter(|own| own != keep) {
        return Err(format!(
            "the credential in ${variable} is itself the token {own:?}, which would go: take the one \
             that stays"
        ));
    }
    let owner = answer.identity.certain(About::Owner).unwrap_or_default().to_owned();
    let endpoint = answer.verdict.endpoint.clone().unwrap_or_default();
    let others = others.into_iter().map(|row| (row, None)).collect();
    Ok(Rest { endpoint, owner, kept, others, said: Vec::new() })
}

/// How a token of the list is named so that it can be told from others.
fn shown(row: &Listed, keep: Field) -> String {
    match field_of(row, keep) {
        Some(key) if key != row.name => format!("{key} ({:?})", row.name),
        _ => format!("{:?}", row.name),
    }
}

/// Which token of the list the credential itself is, as far as anything says so.
fn itself(identity: &Identity, keep: Field) -> Option<String> {
    let about = if keep == Field::Id { About::TokenId } else { About::TokenName };
    identity.best(about).map(|known| known.value.clone())
}

/// What became of each, as the list says now.
fn prove(rest: &mut Rest, keep: Field, again: Option<&Answer>) {
    let listed = again.and_then(|answer| answer.listed.as_deref());
    for (row, outcome) in &mut rest.others {
        let key = field_of(row, keep);
        *outcome = Some(match listed {
            None => Outcome::Unproved,
            Some(listed) if listed.iter().any(|it| field_of(it, keep) == key) => Outcome::Alive,
            Some(_) => Outcome::Revoked,
        });
    }
    if listed.is_none() {
        let why = again.map(|answer| answer.verdict.why.clone()).unwrap_or_default();
        rest.said.push(format!("the list could not be read again: {why}"));
    }
}

impl<'a> Desk<'a> {
    /// One request for all, or one for each. After one that is not taken nothing more is sent.
    fn revoke_rest(
        &self,
        subject: &Subject<'a>,
        answer: &Answer,
        recipe: &'a revoke::Rest,
        lent: &Lent,
        rest: &mut Rest,
    ) -> Result<(), String> {
        let (verify, permit) = self.server(subject, answer)?;
        let one = subject.rule.revoke.request.as_ref();
        let (request, rows) = if let Some(request) = &recipe.request {
            (request, vec![rest.kept.clone()])
        } else {
            let request = one.ok_or("its rule has no request for one token")?;
            (request, rest.others.iter().map(|(row, _)| row.clone()).collect())
        };
        for row in rows {
            let ready = Ready {
                request,
                permit: permit.clone(),
                secret: subject.secret,
                credential: lent_credential(verify, lent),
                by: format!("${}", lent.variable),
                slots: slots(request, &rest.owner, &row),
            };
            let why = |error| format!("it could not be written down: {error}");
            self.note_request(subject, answer, &ready, "sending".to_owned()).map_err(why)?;
            let said = self.post(&subject.rule.service.id, &ready);
            let (Said::Taken(words) | Said::Unclear(words) | Said::Nothing(words)) = &said;
            let _ = self.note_request(subject, answer, &ready, words.clone());
            if !matches!(said, Said::Taken(_)) {
                rest.said.push(format!("{:?}: {words}", row.name));
                break;
            }
        }
        Ok(())
    }
}

/// What fills the slots of a request about one token of the list.
fn slots(request: &Request, owner: &str, row: &Listed) -> Vec<Companion> {
    let listed = |slot: &str| LISTED.iter().find(|(name, _)| *name == slot);
    let value = |slot: &str| match listed(slot) {
        Some((_, field)) => field_of(row, *field).unwrap_or_default().to_owned(),
        None => owner.to_owned(),
    };
    let fill = |slot: &str| Companion { name: slot.to_owned(), value: value(slot) };
    request.slots().into_iter().map(fill).collect()
}
