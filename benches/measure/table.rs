//! Tables that can be read on a terminal and pasted into Markdown.

use std::fmt::Write;

use super::{Contender, say};

/// Rows of cells under a head. The first column is flush left, the others right, and the last
/// one is left as it is.
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self(vec![head.iter().map(|&cell| cell.to_owned()).collect()])
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.0.push(cells);
    }

    pub(crate) fn print(&self) {
        let columns = self.0[0].len();
        let width = |column: usize| self.0.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for (at, row) in self.0.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let _ = match column {
                    0 => write!(text, "| {cell:<width$} "),
                    _ if column + 1 == columns => write!(text, "| {cell:<width$} |"),
                    _ => write!(text, "| {cell:>width$} "),
                };
            }
            text.push('\n');
            if at == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let flush = if column == 0 || column + 1 == columns { '-' } else { ':' };
                    let _ = write!(text, "|{}{flush}", "-".repeat(width + 1));
                }
                text.push_str("|\n");
            }
        }
        say(&text);
    }
}

/// The table of one comparison. `base` is the row that the first ratio is taken to, `ours` the
/// one for the second.
pub(crate) fn compare(contenders: &[Contender], base: &str, ours: &str) {
    let (per_base, per_ours) = (format!("wall/{base}"), format!("wall/{ours}"));
    let cpu_base = format!("CPU/{base}");
    let head = ["what", "runs", "wall median", "min", "CPU median", "min", "peak RSS", "anon"];
    let ratios = [per_base.as_str(), cpu_base.as_str(), per_ours.as_str(), "what it read"];
    let mut table = Table::new(&[&head[..], &ratios[..]].concat());
    let named = |name: &str| contenders.iter().find(|c| c.name == name && c.note.is_ok());
    let wall_of = |name| named(name).and_then(|c| c.wall().median);
    let cpu_of = |name| named(name).and_then(|c| c.cpu().median);
    for contender in contenders {
        let (wall, cpu) = (contender.wall(), contender.cpu());
        let mut cells = vec![contender.name.clone(), contender.samples.len().to_string()];
        cells.extend([wall.median, wall.min, cpu.median, cpu.min].map(seconds));
        cells.extend([contender.peak.resident, contender.peak.anonymous].map(mib));
        let valid = contender.note.is_ok();
        cells.push(ratio(wall.median, wall_of(base), valid));
        cells.push(ratio(cpu.median, cpu_of(base), valid));
        cells.push(ratio(wall.median, wall_of(ours), valid));
        cells.push(match &contender.note {
            Ok(note) => note.clone(),
            Err(why) => format!("NOT VALID: {why}"),
        });
        table.row(cells);
    }
    table.print();
    say("\n");
}

pub(crate) fn seconds(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value < 0.1 => format!("{:.1} ms", value * 1e3),
        Some(value) if value < 1.0 => format!("{:.0} ms", value * 1e3),
        Some(value) => format!("{value:.2} s"),
    }
}

pub(crate) fn mib(bytes: Option<u64>) -> String {
    bytes.map_or("-".to_owned(), |bytes| format!("{:.0} MiB", bytes as f64 / (1024.0 * 1024.0)))
}

pub(crate) fn ratio(value: Option<f64>, base: Option<f64>, valid: bool) -> String {
    match value.zip(base) {
        Some((value, base)) if valid && base > 0.0 => {
            let ratio = value / base;
            if ratio < 10.0 { format!("{ratio:.2}×") } else { format!("{ratio:.0}×") }
        }
        _ => "-".to_owned(),
    }
}
