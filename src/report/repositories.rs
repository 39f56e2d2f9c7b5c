//! Which repositories there are: as a list that `squelch sweep` reads.

use std::io::{self, Write};

use crate::forge::Repository;

/// Writes CSV with a header.
pub fn write_repositories_csv(all: &[Repository], out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    table.write_record(["target", "size", "archived", "fork", "private", "last_activity"])?;
    for repository in all {
        table.serialize(repository).map_err(io::Error::other)?;
    }
    table.flush()
}

/// Writes an array, an object a line.
pub fn write_repositories_json(all: &[Repository], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "[")?;
    for (at, repository) in all.iter().enumerate() {
        write!(out, "{}", if at == 0 { "\n" } else { ",\n" })?;
        serde_json::to_writer(&mut *out, repository)?;
    }
    writeln!(out, "\n]")
}
