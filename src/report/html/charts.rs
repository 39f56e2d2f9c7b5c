//! Tokens by what they have in common: a bar each.

use std::io::{self, Write};

use super::overview::{Group, Overview, STATES};
use super::text::Text;
use super::words::{count, grouped, state_class};

/// Bars of one chart; the groups after them are one more bar.
const BARS: usize = 12;

/// Writes the section. A chart with one bar says nothing that the headline does not.
pub(super) fn write(all: &Overview, out: &mut dyn Write) -> io::Result<()> {
    let charts = [
        ("Service", "By service", all.services()),
        ("Owner", "By owner", all.owners()),
        ("Repository", "By repository", all.repositories()),
    ];
    let shown: Vec<_> = charts.into_iter().filter(|(_, _, groups)| groups.len() > 1).collect();
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out, r#"<section id="groups"><h2>Where they are from</h2><div class="charts">"#)?;
    for (what, caption, groups) in shown {
        write_chart(what, caption, &groups, out)?;
    }
    writeln!(out, "</div></section>")
}

fn write_chart(
    what: &str,
    caption: &str,
    groups: &[&Group],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut bars: Vec<Group> = groups.iter().copied().take(BARS).cloned().collect();
    // One more group is as short as a line that says so.
    if groups.len() == BARS + 1 {
        bars.push(groups[BARS].clone());
    } else if groups.len() > BARS {
        bars.push(sum(&groups[BARS..]));
    }
    let most = bars.iter().map(|group| group.tokens).max().unwrap_or(1).max(1);
    writeln!(
        out,
        r#"<table class="chart"><caption>{caption}</caption><thead><tr><th scope="col">{what}</th><th scope="col" class="bar"><span class="hidden">Share</span></th><th scope="col" class="number">Tokens</th><th scope="col" class="number">Critical, high</th></tr></thead><tbody>"#
    )?;
    for group in &bars {
        write!(out, r#"<tr><th scope="row">{}</th><td class="bar">"#, Text(&group.name))?;
        write_stack(&group.lives, most, out)?;
        let none = if group.grave == 0 { " none" } else { "" };
        writeln!(
            out,
            r#"</td><td class="number">{}</td><td class="number{none}">{}</td></tr>"#,
            grouped(group.tokens),
            grouped(group.grave)
        )?;
    }
    writeln!(out, "</tbody></table>")
}

/// All that has no bar of its own.
fn sum(groups: &[&Group]) -> Group {
    let name = format!("and {}", count(groups.len() as u64, "other"));
    groups.iter().fold(Group { name, ..Group::default() }, |mut all, group| {
        all.tokens += group.tokens;
        all.grave += group.grave;
        all.lives.iter_mut().zip(&group.lives).for_each(|(all, one)| *all += one);
        all
    })
}

/// A bar of all states, one behind the other, of which `most` is the whole length.
pub(super) fn write_stack(
    lives: &[u64; STATES.len()],
    most: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, r#"<svg class="stack" width="100%" height="10" aria-hidden="true">"#)?;
    let mut from = 0.0;
    for (state, number) in STATES.into_iter().zip(lives).filter(|(_, number)| **number > 0) {
        let wide = *number as f64 / most as f64 * 100.0;
        let class = state_class(state);
        write!(out, r#"<rect class="{class}" x="{from:.2}%" width="{wide:.2}%" height="10"/>"#)?;
        from += wide;
    }
    write!(out, "</svg>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::text;

    #[test]
    fn no_group_is_left_out_of_a_chart() {
        let group = |number: u64| Group {
            name: format!("<{number}>"),
            tokens: 1,
            lives: [0, 0, 1, 0],
            grave: number % 2,
        };
        let chart = |many: u64| {
            let groups: Vec<Group> = (1..=many).map(group).collect();
            let groups: Vec<&Group> = groups.iter().collect();
            text(|out| write_chart("Service", "By service", &groups, out))
        };
        let rows = |chart: &str| chart.matches("scope=\"row\"").count();
        assert_eq!(rows(&chart(13)), 13);
        let long = chart(20);
        assert_eq!(rows(&long), 13);
        assert!(long.contains("&lt;1&gt;") && long.contains("and 8 others"), "{long}");
        assert!(long.contains(r#"<td class="number">8</td><td class="number">4</td>"#), "{long}");
    }

    #[test]
    fn a_stack_is_as_long_as_its_share() {
        let stack = text(|out| write_stack(&[1, 0, 0, 1], 4, out));
        assert!(stack.contains(r#"<rect class="live" x="0.00%" width="25.00%""#), "{stack}");
        assert!(stack.contains(r#"<rect class="dead" x="25.00%" width="25.00%""#), "{stack}");
    }
}
