//! Every other service that can be asked: what is sent to it, word for word, and what its answers
//! come to. The table is made of the vendors' documents and source, not of the rules.

mod cases;
mod pairs;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use squelch::rule::mint::Mint;
use squelch::rule::{Rule, Rules};

use self::cases::{Answer, Case, NEVER, Sent, cases};
use self::pairs::pairs;
use crate::canned::Canned;
use crate::double::http::{Reply, Request};
use crate::stage::Stage;

fn reply((status, body, header): Answer) -> Reply {
    let reply = match body.as_bytes().first() {
        None => Reply::empty(status),
        Some(b'<') => Reply::html(status, body),
        Some(_) => Reply::json(status, body),
    };
    header.into_iter().fold(reply, |reply, (name, value)| reply.with(name, value))
}

fn all_cases() -> Vec<Case> {
    cases().into_iter().chain(pairs()).collect()
}

/// The token that a request carries, if it carries one as it has to.
fn carried(sent: Sent, request: &Request, tokens: &[String]) -> Option<String> {
    let authorization = request.header("authorization").unwrap_or_default();
    let is = |token: &&String| match sent {
        Sent::Bearer => authorization == format!("Bearer {token}"),
        Sent::Header(name, before) => request.header(name) == Some(&format!("{before}{token}")),
        Sent::User => authorization == format!("Basic {}", STANDARD.encode(format!("{token}:"))),
        Sent::Password(user) => {
            authorization == format!("Basic {}", STANDARD.encode(format!("{user}:{token}")))
        }
        Sent::Part(text) => {
            String::from_utf8_lossy(&request.body).contains(&text.replace("{}", token))
        }
        Sent::AnyUser => {
            let pair = authorization.strip_prefix("Basic ").and_then(|it| STANDARD.decode(it).ok());
            pair.is_some_and(|pair| pair.ends_with(format!(":{token}").as_bytes()))
        }
        Sent::Body(text) => String::from_utf8_lossy(&request.body) == text.replace("{}", token),
    };
    tokens.iter().find(is).cloned()
}

struct Play<'r> {
    case: Case,
    rule: &'r Rule,
    stage: Stage,
    tokens: Vec<String>,
    mint: Mint,
}

impl<'r> Play<'r> {
    fn new(case: Case, rules: &'r Rules) -> Self {
        let rule = rules.get(case.rule).unwrap_or_else(|| panic!("no rule {}", case.rule));
        let mint = Mint::new(case.rule.len() as u64);
        Self { case, rule, stage: Stage::new(), tokens: Vec::new(), mint }
    }

    /// Plants one more token as the rule's first example has it.
    fn plant(&mut self) -> String {
        let token = self.stage.plant_example(self.rule, &mut self.mint, self.case.around);
        self.tokens.push(token.clone());
        token
    }

    /// Asks a server that answers each token so, and all others with the first refusal.
    fn ask(
        &self,
        answers: BTreeMap<String, Answer>,
        everybody: Option<Answer>,
    ) -> (Vec<Request>, Vec<(String, String)>) {
        let (sent, dead) = (self.case.sent, self.case.dead[0]);
        let tokens = self.tokens.clone();
        let server = Canned::start(move |request| {
            let token = carried(sent, request, &tokens);
            let known = token.and_then(|token| answers.get(&token).copied());
            reply(everybody.or(known).unwrap_or(dead))
        });
        let mut stage_args = vec!["--endpoint".to_owned()];
        stage_args.push(format!("{}={}", self.rule.service.id, server.url()));
        let args: Vec<&str> = stage_args.iter().map(String::as_str).collect();
        let said = self.stage.ask(&args);
        let state = |token: &String| (said.state(token).to_owned(), said.why(token).to_owned());
        (server.heard(), self.tokens.iter().map(state).collect())
    }
}

/// Live, dead and all that proves nothing, of each service, with what the request has to be.
#[test]
fn each_service_is_asked_in_its_own_way_and_believed_to_the_letter() {
    let rules = Rules::builtin().expect("built-in rules compile");
    for case in all_cases() {
        let mut play = Play::new(case, &rules);
        let (mut answers, mut expected) = (BTreeMap::new(), Vec::new());
        let case = &play.case;
        let all = [("live", &case.live), (case.refused, &case.dead), ("unknown", &case.unknown)];
        let all = all.into_iter().flat_map(|(state, of)| of.iter().map(move |it| (state, *it)));
        let never = NEVER.map(|answer| ("unknown", answer));
        let all: Vec<(&str, Answer)> = all.chain(never).collect();
        for (state, answer) in all {
            answers.insert(play.plant(), answer);
            expected.push((state, answer));
        }
        let (heard, found) = play.ask(answers, None);
        for ((state, why), (expected, answer)) in found.iter().zip(&expected) {
            let rule = play.case.rule;
            assert_eq!(state, expected, "{rule}: {answer:?}: {why}");
        }
        let lines: BTreeSet<String> =
            heard.iter().map(|it| format!("{} {}", it.method, target(it))).collect();
        let request = play.case.request.split_once('*');
        let is = |line: &String| match request {
            Some((begin, _)) => line.starts_with(begin),
            None => line == play.case.request,
        };
        assert!(lines.iter().any(is), "{}: {lines:?}", play.case.rule);
        for token in &play.tokens {
            let with = heard
                .iter()
                .filter(|it| carried(play.case.sent, it, &play.tokens).as_ref() == Some(token));
            assert!(with.count() >= 1, "{}: a token did not travel as it has to", play.case.rule);
            assert!(heard.iter().all(|it| !it.path.contains(token.as_str())), "in an address");
        }
    }
}

fn target(request: &Request) -> String {
    let params: Vec<String> =
        request.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    match params.as_slice() {
        _ if request.method != "GET" => request.path.clone(),
        [] => request.path.clone(),
        some => format!("{}?{}", request.path, some.join("&")),
    }
}

/// A server that takes any token proves nothing of one.
#[test]
fn a_service_that_takes_any_token_is_not_believed() {
    let rules = Rules::builtin().expect("built-in rules compile");
    for case in all_cases() {
        let live = case.live[0];
        let mut play = Play::new(case, &rules);
        play.plant();
        let (_, found) = play.ask(BTreeMap::new(), Some(live));
        assert_eq!(found[0].0, "unknown", "{}: {}", play.case.rule, found[0].1);
    }
}

/// Each rule that can be asked about has a case: its own, or that of a kind that is asked in the same way.
#[test]
fn no_way_to_ask_is_without_a_case() {
    let rules = Rules::builtin().expect("built-in rules compile");
    let cases = all_cases();
    let tried = |service: &str, path: &str| {
        let of = |case: &Case| {
            let rule = rules.get(case.rule).expect("a rule");
            rule.service.id == service && rule.verify.iter().any(|way| way.path == path)
        };
        cases.iter().any(of)
    };
    // Those have tests of their own.
    let apart = ["sonarqube-server", "sonarqube-cloud", "jenkins", "circleci"];
    for rule in rules.rules.iter().filter(|rule| !apart.contains(&rule.service.id.as_str())) {
        for way in &rule.verify {
            assert!(tried(&rule.service.id, &way.path), "{}: {}", rule.id, way.path);
        }
    }
}
