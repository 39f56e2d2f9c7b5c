//! tar, in all its dialects. Names lead nowhere: members are read, not written.

use std::io::{self, BufRead};

use tar::Archive;

use super::{Examine, Walk, below};
use crate::problem::ProblemCode;

pub(super) fn read<E: Examine>(
    walk: &mut Walk<'_, E>,
    place: &str,
    depth: usize,
    stream: &mut dyn BufRead,
) {
    let mut archive = Archive::new(stream);
    // Archives that were appended to another one are read, too.
    archive.set_ignore_zeros(true);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return walk.failed(place, &error),
    };
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return walk.failed(place, &error),
        };
        if !walk.goes_on() {
            return;
        }
        let name = below(place, &entry.path_bytes());
        // Two sizes make two readings of what follows, and tools differ in which one they take.
        let stated = entry.header().entry_size().unwrap_or(0);
        let sparse = entry.header().entry_type().is_gnu_sparse();
        if stated != entry.size() && stated != 0 && !sparse {
            let why = "its header gives it two sizes: one reading of what follows is not looked at";
            walk.trouble(ProblemCode::Damaged, &name, why);
        }
        if entry.header().entry_type().is_dir() || entry.size() == 0 {
            continue;
        }
        if !walk.member(&name, depth, &mut entry) || walk.budget.reached().is_some() {
            return;
        }
        if let Err(error) = io::copy(&mut entry, &mut io::sink()) {
            return walk.failed(&name, &error);
        }
    }
}
