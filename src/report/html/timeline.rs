//! Since when each token can be read, and until when.

use std::io::{self, Write};

use super::overview::owner;
use super::scale::{Day, Scale, day, periods};
use super::text::{Entry, Text};
use super::words::{count, grouped, state_class, state_word};
use crate::finding::{Finding, State};
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
#[derive(Clone, Debug)]
struct Exposure {
    number: usize,
    redacted: String,
    /// What it is, and whose.
    what: String,
    state: State,
    /// The day of the oldest commit that has it, as it is written.
    since: String,
    /// When the oldest commit that has it was made.
    first: Day,
    /// Whether whoever checks the repository out has it.
    there: bool,
    /// When HEAD lost it.
    removed: Option<Day>,
    /// What is said of that.
    end: String,
    /// Since when it is known to be dead.
    over: Option<Day>,
    /// When it was used last, as its service says.
    used: Option<Day>,
}

impl Exposure {
    fn of(number: usize, finding: &Finding) -> Option<Self> {
        let dead = finding.verdict.state == State::Dead;
        let over = finding.verdict.at.as_deref().filter(|_| dead).and_then(day);
        let used = finding.identity.best(About::LastUsed).and_then(|known| day(&known.value));
        let since = finding.first_seen()?;
        let first = day(since)?;
        let whose = owner(finding).map(|owner| format!(" of {owner}")).unwrap_or_default();
        let there = is_there(finding);
        let removed = finding.removed();
        let gone = removed.and_then(|removed| day(&removed.date));
        let end = match removed {
            Some(removed) => day_of(&removed.date),
            None if there => "still there",
            None if is_elsewhere(finding) => "never in HEAD",
            None => "not known",
        };
        let later = |day: &Day| *day >= first;
        Some(Self {
            number,
            redacted: finding.redacted.clone(),
            what: format!("{}{whose}", finding.rule.name),
            state: finding.verdict.state,
            since: since.to_owned(),
            first,
            there,
            removed: gone.filter(later),
            end: end.to_owned(),
            over: over.filter(later),
            used: used.filter(later),
        })
    }

    fn days(&self) -> impl Iterator<Item = Day> + use<> {
        [Some(self.first), self.removed, self.over, self.used].into_iter().flatten()
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

/// All tokens on the line of time: four bytes each, and the gravest in full.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// The gravest that a commit has.
    lines: Vec<Exposure>,
    /// When each that a commit has came.
    days: Vec<Day>,
    /// The first and the last day of which anything is known.
    ends: Option<[Day; 2]>,
    oldest: Option<(Day, String)>,
    /// How many are only in history, and may be alive.
    gone: u64,
    /// How many HEAD has lost.
    removed: u64,
    undated: u64,
}

impl Timeline {
    pub(super) fn add(&mut self, number: usize, finding: &Finding) {
        let Some(it) = Exposure::of(number, finding) else {
            self.undated += 1;
            return;
        };
        self.days.push(it.first);
        for day in it.days() {
            let [from, to] = self.ends.unwrap_or([day, day]);
            self.ends = Some([from.min(day), to.max(day)]);
        }
        if self.oldest.as_ref().is_none_or(|(oldest, _)| it.first < *oldest) {
            self.oldest = Some((it.first, it.since.clone()));
        }
        self.gone += u64::from(!it.there && it.state != State::Dead);
        self.removed += u64::from(it.removed.is_some());
        if self.lines.len() < LINES {
            self.lines.push(it);
        }
    }

    /// Writes the section, if a commit has any of the tokens.
    pub(super) fn write(mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(scale) = Scale::of(self.ends.into_iter().flatten()) else { return Ok(()) };
        writeln!(out, r#"<section id="timeline"><h2>How long they have been readable</h2>"#)?;
        self.write_lead(out)?;
        if self.days.len() >= MANY {
            write_columns(&self.days, out)?;
        }
        self.lines.sort_by_key(|it| (it.first, it.number));
        write_lines(&self.lines, self.days.len(), scale, out)?;
        writeln!(out, "</section>")
    }

    fn write_lead(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut parts = Vec::new();
        if let Some((_, since)) = &self.oldest {
            parts.push(format!("The oldest came with a commit of {since}."));
        }
        if self.gone > 0 {
            let tokens = count(self.gone, "token");
            parts.push(format!("Only in history, and maybe alive: {tokens}."));
        }
        if self.gone > 0 || self.removed > 0 {
            let no_end = "Whoever has a clone has them: taking a token out of the files, or out of \
                          HEAD, does not end its life, revoking it does.";
            parts.push(no_end.to_owned());
        }
        match self.undated {
            0 => {}
            undated => {
                let tokens = count(undated, "token");
                parts.push(format!("In no commit, so that nothing says since when: {tokens}."));
            }
        }
        writeln!(out, r#"<p class="lead">{}</p>"#, Text(&parts.join(" ")))
    }
}

/// How many tokens came in which period: a picture of all of them.
fn write_columns(days: &[Day], out: &mut dyn Write) -> io::Result<()> {
    let periods = periods(days, COLUMNS);
    let most = periods.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let wide = 100.0 / periods.len().max(1) as f64;
    let label = format!(
        "{} tokens by the time when they came, from {} on, at most {} at a time",
        grouped(days.len() as u64),
        periods.first().map_or("", |(name, _)| name),
        grouped(most)
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
            r#"<rect class="column" x="{:.2}%" y="{:.1}" width="{:.2}%" height="{tall:.1}" rx="1.5"><title>{}: {}</title></rect>"#,
            x + wide * 0.1,
            90.0 - tall,
            wide * 0.8,
            Text(name),
            grouped(*count),
        )?;
        if *count > 0 && periods.len() <= 15 {
            let (x, y) = (x + wide / 2.0, 85.0 - tall);
            let count = grouped(*count);
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

fn write_lines(
    lines: &[Exposure],
    all: usize,
    scale: Scale,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_legend(lines, out)?;
    let caption = if all > LINES {
        format!(
            "The {LINES} gravest of {} with a date, the oldest first. The others have their day in \
             the list of findings.",
            count(all as u64, "token")
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
fn write_legend(lines: &[Exposure], out: &mut dyn Write) -> io::Result<()> {
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
        if lines.iter().any(|it| it.state == state) {
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

fn write_line(it: &Exposure, scale: Scale, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        r#"<tr><th scope="row">{} <span class="quiet">{}</span></th>"#,
        Entry(it.number, Text(&it.redacted)),
        Text(&it.what)
    )?;
    let there = it.there || it.removed.is_some();
    let (state, there) = (state_class(it.state), if there { "there" } else { "past" });
    write!(
        out,
        r#"<td><svg class="{state} {there}" width="100%" height="16" aria-hidden="true">"#
    )?;
    for (at, _) in scale.marks() {
        write!(out, r#"<line class="mark" x1="{at:.2}%" x2="{at:.2}%" y1="0" y2="16"/>"#)?;
    }
    write_bar(it, scale, out)?;
    let first = Text(&it.since);
    let now = if it.there { "in the files of today" } else { "only in history" };
    let (state, end) = (state_word(it.state), Text(&it.end));
    writeln!(
        out,
        r#"</svg><span class="hidden">{now}, {state}</span></td><td>{first}</td><td class="end">{end}</td></tr>"#
    )
}

/// Draws from when to when a token is to be read, and what happened meanwhile.
fn write_bar(it: &Exposure, scale: Scale, out: &mut dyn Write) -> io::Result<()> {
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
        let title = format!("removed from HEAD {}", it.end);
        write!(
            out,
            r#"<svg x="{gone:.2}%" y="8"><path class="gone" d="{DIAMOND}"><title>{}</title></path></svg>"#,
            Text(&title)
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
