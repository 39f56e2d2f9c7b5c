//! How long a server asks to be left alone: a pause that it names, or a budget that is used up.
//!
//! Sources: RFC 9110 (Retry-After); GitHub's documents on rate limits of the REST API
//! (`x-ratelimit-remaining`, `x-ratelimit-reset` in seconds since 1970, 403 or 429); GitLab's on
//! rate limits (`RateLimit-Remaining`, `RateLimit-Reset`, the same); CircleCI's (429 with both).

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::reply::Reply;

/// The names of what is left of a budget, and of when there is a new one.
const BUDGETS: [(&str, &str); 2] =
    [("x-ratelimit-remaining", "x-ratelimit-reset"), ("ratelimit-remaining", "ratelimit-reset")];
/// A reset below this is no time since 1970, but seconds from now on, as the drafts of `RateLimit`
/// headers have it.
const A_TIME: i64 = 1_000_000_000;

/// How long a server that refused a request asks to be left alone.
pub(super) fn asked(reply: &Reply) -> Option<Duration> {
    match reply.status {
        429 | 503 if reply.header("retry-after").is_some() => retry_after(reply),
        403 | 429 => spent(reply),
        _ => None,
    }
}

/// How long until there is a new budget, if the one there was is used up.
pub(super) fn spent(reply: &Reply) -> Option<Duration> {
    let spent = |(left, _): &&(&str, &str)| {
        reply.header(left).is_some_and(|left| left.trim().parse() == Ok(0_u64))
    };
    let (_, reset) = BUDGETS.iter().find(spent)?;
    let reset: i64 = reply.header(reset)?.trim().parse().ok()?;
    let seconds = if reset < A_TIME { reset } else { reset - now(reply)?.as_second() };
    // The second in which it begins is not over yet.
    Some(Duration::from_secs(seconds.max(0).unsigned_abs() + 1))
}

/// Seconds, or a time that is compared with the server's own.
fn retry_after(reply: &Reply) -> Option<Duration> {
    let text = reply.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds).max(1)));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let seconds = (until.as_second() - now(reply)?.as_second()).max(1);
    Some(Duration::from_secs(seconds.unsigned_abs()))
}

fn now(reply: &Reply) -> Option<Timestamp> {
    reply.date().or_else(|| Timestamp::try_from(SystemTime::now()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "Sun, 15 Feb 2026 12:00:00 GMT";
    const SECOND: u64 = 1_771_156_800;

    fn wait(status: u16, headers: &[(&str, &str)]) -> Option<u64> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers = headers.iter().map(own).collect();
        asked(&Reply { status, headers, body: Vec::new() }).map(|pause| pause.as_secs())
    }

    #[test]
    fn waits_as_long_as_it_is_told_by_the_servers_own_clock() {
        let after = |value| wait(429, &[("retry-after", value), ("date", NOW)]);
        assert_eq!(after("7"), Some(7));
        assert_eq!(after("0"), Some(1));
        assert_eq!(after("Sun, 15 Feb 2026 12:00:07 GMT"), Some(7));
        assert_eq!(after("Sun, 15 Feb 2026 11:00:00 GMT"), Some(1));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-5"), None);
    }

    #[test]
    fn a_budget_that_is_used_up_is_waited_for() {
        let reset = (SECOND + 20).to_string();
        let reset = reset.as_str();
        let budget =
            |left| [("x-ratelimit-remaining", left), ("x-ratelimit-reset", reset), ("date", NOW)];
        assert_eq!(wait(403, &budget("0")), Some(21));
        assert_eq!(wait(403, &budget("5")), None, "refused for another reason");
        assert_eq!(wait(404, &budget("0")), None);
        assert_eq!(wait(429, &[("ratelimit-remaining", "0"), ("ratelimit-reset", "9")]), Some(10));
    }
}
