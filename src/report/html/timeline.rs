//! Since when each token can be read, when it was taken out of HEAD, and until when it lived.

use std::io::{self, Write};

use super::overview::owner;
use super::scale::{Day, Scale, day, periods};
use super::text::Text;
use super::words::{count, grouped, state_class, state_word};
use crate::finding::{Finding, Report, State};
use crate::identity::About;
use crate::leak::Place;
use crate::origin::{History, Standing};
use crate::report::human::day as day_of;

/// Lines of single tokens; more of them are no picture any more.
const LINES: usize = 60;

/// From so many tokens on, a picture of all of them comes first.
const MANY: usize = 12;

/// A mark unlike the others also where there are no colours.
const DIAMOND: &str = "M0-5 5 0 0 5-5 0z";

/// Columns of that picture.
const COLUMNS: i32 = 30;

/// One token on the line of time.
#[derive(Clone, Copy, Debug)]
struct Exposure<'a> {
    number: usize,
    finding: &'a Finding,
    /// When the oldest commit that has it was made.
    first: Day,
    /// Whether whoever checks the repository out has it.
    there: bool,
    /// When HEAD lost it.
    removed: Option<Day>,
    /// Since when it is known to be dead.
    over: Option<Day>,
    /// When it was used last, as its service says.
    used: Option<Day>,
}

impl<'a> Exposure<'a> {
    fn of(number: usize, finding: &'a Finding) -> Option<Self> {
        let dead = finding.verdict.state == State::Dead;
        let over = finding.verdict.at.as_deref().filter(|_| dead).and_then(day);
        let used = finding.identity.best(About::LastUsed).and_then(|known| day(&known.value));
        let first = day(finding.first_seen()?)?;
        let there = is_there(finding);
        let removed = finding.removed().and_then(|removed| day(&removed.date));
        let later = |day: &Day| *day >= first;
        Some(Self {
            number,
            finding,
            first,
            there,
            removed: removed.filter(later),
            over: over.filter(later),
            used: used.filter(later),
        })
    }

    fn days(&self) -> impl Iterator<Item = Day> + use<> {
        [Some(self.first), self.removed, self.over, self.used].into_iter().flatten()
    }

    /// What the column about removal says.
    fn end(&self) -> &'a str {
        match self.finding.removed() {
            Some(removed) => day_of(&removed.date),
            None if self.there => "still there",
            None if is_elsewhere(self.finding) => "never in HEAD",
            None => "not known",
        }
    }
}

/// Whether a checkout, or a folder as it is, has the token.
pub(super) fn is_there(finding: &Finding) -> bool {
    finding.places.iter().any(Place::is_there)
}

/// Whether all its places are known to have been in no HEAD.
fn is_elsewhere(finding: &Finding) -> bool {
    let never = |history: &History| history.standing == Standing::Never;
    finding.places.iter().all(|place| place.origin.history.as_ref().is_some_and(never))
}

/// Writes the section, if a commit has any of the tokens.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let numbered = (1..).zip(&report.findings);
    let all: Vec<Exposure<'_>> = numbered.filter_map(|(n, it)| Exposure::of(n, it)).collect();
    let Some(scale) = Scale::of(all.iter().flat_map(Exposure::days)) else { return Ok(()) };
    writeln!(out, r#"<section id="timeline"><h2>How long they have been readable</h2>"#)?;
    write_lead(report, &all, out)?;
    if all.len() >= MANY {
        write_columns(&all, out)?;
    }
    write_lines(&all, scale, out)?;
    writeln!(out, "</section>")
}

fn write_lead(report: &Report, all: &[Exposure<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut parts = Vec::new();
    if let Some(oldest) = all.iter().min_by_key(|it| it.first) {
        let since = oldest.finding.first_seen().unwrap_or_default();
        parts.push(format!("The oldest came with a commit of {since}."));
    }
    let gone = all.iter().filter(|it| !it.there && it.finding.verdict.state != State::Dead);
    let (gone, removed) = (gone.count() as u64, all.iter().filter(|it| it.removed.is_some()));
    if gone > 0 {
        parts.push(format!("Only in history, and maybe alive: {}.", count(gone, "token")));
    }
    if gone > 0 || removed.count() > 0 {
        let no_end = "Whoever has a clone has them: taking a token out of the files, or out of \
                      HEAD, does not end its life, revoking it does.";
        parts.push(no_end.to_owned());
    }
    match (report.findings.len() - all.len()) as u64 {
        0 => {}
        undated => {
            let tokens = count(undated, "token");
            parts.push(format!("In no commit, so that nothing says since when: {tokens}."));
        }
    }
    writeln!(out, r#"<p class="lead">{}</p>"#, Text(&parts.join(" ")))
}

/// How many tokens came in which period: a picture of all of them.
fn write_columns(all: &[Exposure<'_>], out: &mut dyn Write) -> io::Result<()> {
    let days: Vec<Day> = all.iter().map(|it| it.first).collect();
    let periods = periods(&days, COLUMNS);
    let most = periods.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let wide = 100.0 / periods.len().max(1) as f64;
    let label = format!(
        "{} tokens by the time when they came, from {} on, at most {most} at a time",
        all.len(),
        periods.first().map_or("", |(name, _)| name)
    );
    writeln!(
        out,
        r#"<figure class="columns"><svg width="100%" height="112" role="img" aria-label="{}">"#,
        Text(&label)
    )?;
    for (index, (name, count)) in periods.iter().enumerate() {
        let (x, tall) = (index as f64 * wide, *count as f64 / most as f64 * 72.0);
        writeln!(
            out,
            r#"<rect class="column" x="{:.2}%" y="{:.1}" width="{:.2}%" height="{tall:.1}" rx="1.5"><title>{}: {count}</title></rect>"#,
            x + wide * 0.1,
            90.0 - tall,
            wide * 0.8,
            Text(name),
        )?;
        if *count > 0 && periods.len() <= 15 {
            let (x, y) = (x + wide / 2.0, 85.0 - tall);
            writeln!(out, r#"<text class="middle" x="{x:.2}%" y="{y:.1}">{count}</text>"#)?;
        }
    }
    let every = periods.len().div_ceil(6);
    for (index, (name, _)) in periods.iter().enumerate().step_by(every) {
        let x = index as f64 * wide + wide * 0.1;
        writeln!(out, r#"<text x="{x:.2}%" y="107">{}</text>"#, Text(name))?;
    }
    writeln!(
        out,
        "<line class=\"base\" x1=\"0\" x2=\"100%\" y1=\"90.5\" y2=\"90.5\"/></svg>\n\
         <figcaption>Tokens by the time of the oldest commit that has them, at most {} at a time.</figcaption></figure>",
        grouped(most)
    )
}

fn write_lines(all: &[Exposure<'_>], scale: Scale, out: &mut dyn Write) -> io::Result<()> {
    let mut lines: Vec<&Exposure<'_>> = all.iter().take(LINES).collect();
    lines.sort_by_key(|it| (it.first, it.number));
    write_legend(&lines, out)?;
    let caption = if all.len() > LINES {
        format!(
            "The {LINES} gravest of {} with a date, the oldest first. The others have their day in \
             the list of findings.",
            count(all.len() as u64, "token")
        )
    } else {
        "Each token from the oldest commit that has it, the oldest first. What was removed from \
         HEAD is in every clone."
            .to_owned()
    };
    writeln!(
        out,
        r#"<table class="timeline"><caption>{}</caption><thead><tr><th scope="col">Token</th><th scope="col" class="axis"><span class="hidden">From its first commit on</span>"#,
        Text(&caption)
    )?;
    write_axis(scale, out)?;
    writeln!(
        out,
        r#"</th><th scope="col">First commit</th><th scope="col">Removed</th></tr></thead><tbody>"#
    )?;
    lines.iter().try_for_each(|it| write_line(it, scale, out))?;
    writeln!(out, "</tbody></table>")
}

/// What the marks mean: only those that are there.
fn write_legend(lines: &[&Exposure<'_>], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<ul class=\"legend\">")?;
    for (class, words) in
        [("all there", "in the files"), ("all past", "only in history, where every clone has it")]
    {
        writeln!(
            out,
            r#"<li><svg class="{class}" width="26" height="12" aria-hidden="true"><rect class="bar" x="1" y="2" width="24" height="8" rx="4"/></svg> {words}</li>"#
        )?;
    }
    for state in super::overview::STATES {
        if lines.iter().any(|it| it.finding.verdict.state == state) {
            let (class, word) = (state_class(state), state_word(state));
            writeln!(out, r#"<li><i class="dot {class}"></i> {word}</li>"#)?;
        }
    }
    if lines.iter().any(|it| it.removed.is_some()) {
        writeln!(
            out,
            r#"<li><svg width="12" height="12" aria-hidden="true"><path class="gone" transform="translate(6 6)" d="{DIAMOND}"/></svg> removed from HEAD</li>"#
        )?;
    }
    if lines.iter().any(|it| it.over.is_some()) {
        writeln!(
            out,
            r#"<li><svg class="dead" width="6" height="14" aria-hidden="true"><line class="over" x1="3" x2="3" y1="0" y2="14"/></svg> known to be dead</li>"#
        )?;
    }
    if lines.iter().any(|it| it.used.is_some()) {
        writeln!(
            out,
            r#"<li><svg width="12" height="12" aria-hidden="true"><circle class="used" cx="6" cy="6" r="3.5"/></svg> used last</li>"#
        )?;
    }
    writeln!(out, "</ul>")
}

fn write_axis(scale: Scale, out: &mut dyn Write) -> io::Result<()> {
    write!(out, r#"<svg width="100%" height="18" aria-hidden="true">"#)?;
    for (at, label) in scale.marks().iter().filter(|(at, _)| *at < 94.0) {
        write!(out, r#"<text x="{at:.2}%" dx="3" y="13">{}</text>"#, Text(label))?;
        write!(out, r#"<line class="mark" x1="{at:.2}%" x2="{at:.2}%" y1="4" y2="18"/>"#)?;
    }
    write!(out, "</svg>")
}

fn write_line(it: &Exposure<'_>, scale: Scale, out: &mut dyn Write) -> io::Result<()> {
    let finding = it.finding;
    let whose = owner(finding).map(|owner| format!(" of {owner}")).unwrap_or_default();
    write!(
        out,
        r##"<tr><th scope="row"><a href="#t{}">{}</a> <span class="quiet">{}{}</span></th>"##,
        it.number,
        Text(&finding.redacted),
        Text(&finding.rule.name),
        Text(&whose)
    )?;
    let there = it.there || it.removed.is_some();
    let (state, there) = (state_class(finding.verdict.state), if there { "there" } else { "past" });
    write!(
        out,
        r#"<td><svg class="{state} {there}" width="100%" height="16" aria-hidden="true">"#
    )?;
    for (at, _) in scale.marks() {
        write!(out, r#"<line class="mark" x1="{at:.2}%" x2="{at:.2}%" y1="0" y2="16"/>"#)?;
    }
    write_bar(it, scale, out)?;
    let first = Text(finding.first_seen().unwrap_or_default());
    let now = if it.there { "in the files of today" } else { "only in history" };
    let (state, end) = (state_word(finding.verdict.state), Text(it.end()));
    writeln!(
        out,
        r#"</svg><span class="hidden">{now}, {state}</span></td><td>{first}</td><td class="end">{end}</td></tr>"#
    )
}

/// Draws from when to when a token is to be read, and what happened meanwhile.
fn write_bar(it: &Exposure<'_>, scale: Scale, out: &mut dyn Write) -> io::Result<()> {
    let to = it.over.map_or(100.0, |day| scale.at(day));
    let mut bar = |class: &str, from: f64, to: f64| {
        let wide = (to - from).max(0.8);
        write!(
            out,
            r#"<rect class="{class}" x="{from:.2}%" y="4" width="{wide:.2}%" height="8" rx="4"/>"#
        )
    };
    let (from, gone) = (scale.at(it.first), it.removed.map(|day| scale.at(day)));
    match gone.filter(|gone| *gone < to) {
        Some(gone) => {
            bar("bar", from, gone)?;
            bar("bar after", gone, to)?;
        }
        None => bar("bar", from, to)?,
    }
    if it.over.is_some() {
        write!(out, r#"<line class="over" x1="{to:.2}%" x2="{to:.2}%" y1="1" y2="15"/>"#)?;
    }
    if let Some(used) = it.used {
        write!(out, r#"<circle class="used" cx="{:.2}%" cy="8" r="3.5"/>"#, scale.at(used))?;
    }
    if let Some(gone) = gone {
        let title = format!("removed from HEAD {}", it.end());
        write!(
            out,
            r#"<svg x="{gone:.2}%" y="8"><path class="gone" d="{DIAMOND}"><title>{}</title></path></svg>"#,
            Text(&title)
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{sample, text};
    use crate::identity::Known;
    use crate::verdict::Verdict;

    #[test]
    fn a_token_lasts_from_its_first_commit_until_it_is_known_to_be_dead() {
        let mut finding = sample().report.findings.remove(0);
        let exposure = |finding: &Finding| {
            let it = Exposure::of(1, finding).expect("a commit has it");
            (it.first, it.there, it.removed.map(|day| day - it.first), it.over, it.used)
        };
        let first = day("2024-03-01").expect("a day");
        assert_eq!(exposure(&finding), (first, true, None, None, None));
        finding.places.retain(|place| place.origin.history.is_some());
        let at = Some("2024-05-01T10:00:00Z".to_owned());
        finding.verdict = Verdict { at, ..Verdict::dead("refused") };
        finding.identity.add(Known::certain(About::LastUsed, "2024-04-01T00:00:00+0000", "x"));
        assert_eq!(
            exposure(&finding),
            (first, false, Some(20), Some(first + 61), Some(first + 31))
        );
        finding.verdict.at = Some("2020-01-01T10:00:00Z".to_owned());
        assert_eq!(exposure(&finding).3, None, "a clock that is wrong says nothing");
        finding.places.clear();
        assert!(Exposure::of(1, &finding).is_none());
    }

    #[test]
    fn what_was_removed_is_drawn_as_history_from_then_on() {
        let mut report = sample().report;
        report.findings[0].places.retain(|place| place.origin.history.is_some());
        let page = text(|out| write(&report, out));
        let title = "<title>removed from HEAD 2024-03-21</title>";
        assert!(page.contains(title) && page.contains("bar after"), "{page}");
        assert!(page.contains(r#"<td class="end">2024-03-21</td>"#), "{page}");
        assert!(page.contains("does not end its life, revoking it does."), "{page}");
        let at = Some("2024-03-10T10:00:00Z".to_owned());
        report.findings[0].verdict = Verdict { at, ..Verdict::dead("refused") };
        let page = text(|out| write(&report, out));
        assert!(page.contains(title) && !page.contains("bar after"), "dead before: {page}");
        let place = report.findings[0].places.remove(0);
        report.findings[0].places = vec![place];
        let standing = |report: &mut Report, standing| {
            let history = report.findings[0].places[0].origin.history.as_mut();
            history.expect("a place in history").standing = standing;
            text(|out| write(report, out))
        };
        assert!(standing(&mut report, Standing::Never).contains("never in HEAD</td>"));
        assert!(standing(&mut report, Standing::Unknown).contains("not known</td>"));
    }

    #[test]
    fn without_a_commit_there_is_no_timeline() {
        let mut report = sample().report;
        assert!(text(|out| write(&report, out)).contains("nothing says since when"));
        report.findings.remove(0);
        assert_eq!(text(|out| write(&report, out)), "");
    }

    #[test]
    fn many_tokens_are_drawn_together_and_the_gravest_alone() {
        let mut report = sample().report;
        let one = report.findings.remove(0);
        report.findings = vec![one; 500];
        let page = text(|out| write(&report, out));
        assert!(page.contains("The 60 gravest of 500 tokens"), "{page}");
        assert_eq!(page.matches(r#"<th scope="row">"#).count(), 60);
        assert!(page.contains("<title>2024-03: 500</title>"), "{page}");
    }
}
