//! A server before it is trusted with a token: whether it is the service at all, and whether it
//! refuses what it should.

use super::answer::{Meaning, has_shape, meaning};
use super::request::{Slots, message};
use crate::door::talk::Talk;
use crate::door::transport::{ANSWER, Reply};
use crate::rule::Rule;
use crate::rule::mint::{Mint, Size};
use crate::rule::verify::{Control, Probe, Verify};
use crate::secret::Secret;

/// What a server showed before a token was sent there.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) version: Option<String>,
}

/// Looks at a server without a token, then with one that is wrong. What speaks against asking it
/// is the error.
pub(super) fn check(
    talk: &Talk<'_>,
    rule: &Rule,
    verify: &Verify,
    slots: Slots<'_>,
) -> Result<Shown, String> {
    let version = probe(talk, rule, verify)?;
    if verify.control == Control::Random {
        control(talk, rule, verify, slots)?;
    }
    Ok(Shown { version })
}

fn probe(talk: &Talk<'_>, rule: &Rule, verify: &Verify) -> Result<Option<String>, String> {
    let Some(probe) = &verify.probe else { return Ok(None) };
    let reply = talk.get(&probe.path, &None, ANSWER, false).map_err(|lost| lost.why)?;
    let said = reply.json();
    if !has_shape(&probe.answer, &reply, said.as_ref(), None) {
        let name = &rule.service.name;
        let words = reply.words();
        return Err(format!("it does not answer as {name} does to {}: {words}", probe.path));
    }
    Ok(version(probe, &reply))
}

/// The server's version, as an answer to the probe says it.
pub(crate) fn version(probe: &Probe, reply: &Reply) -> Option<String> {
    let at = probe.version.as_deref()?;
    match at.strip_prefix("header:") {
        Some(header) => reply.header(header).map(str::to_owned),
        None => reply.json()?.pointer(at)?.as_str().map(str::to_owned),
    }
}

fn control(talk: &Talk<'_>, rule: &Rule, verify: &Verify, slots: Slots<'_>) -> Result<(), String> {
    let mut mint = Mint::unpredictable();
    // With the right checksum, so that it is looked up as a leaked one is.
    let wrong = Secret::new(&rule.mint(&mut mint, Size::Longest, |_| true));
    let message = message(verify, &wrong, slots);
    let reply = talk.ask(&message, ANSWER, verify.once).map_err(|lost| lost.why)?;
    match meaning(verify, &reply, None, None) {
        Meaning::Dead => Ok(()),
        Meaning::Live(_) => Err("it takes any token: it lets everybody in, or a proxy before it \
                                 signs everybody in"
            .to_owned()),
        Meaning::Nothing(words) => {
            Err(format!("it does not refuse a wrong token as it should: {words}"))
        }
    }
}
