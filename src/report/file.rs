//! A report in a file: all of it or nothing.
//!
//! The text goes into a new file beside the target, a report's readable by its owner only, which
//! then takes the target's name. So a full disk leaves no half report, a reader never sees one, and a
//! symbolic link at the target is replaced, not followed to what it points at. A device or a
//! pipe, such as `/dev/stdout`, is written to as it is.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

/// Writes what `render` produces to `path`, for its owner alone.
pub fn write(path: &Path, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    write_as(path, "report", 0o600, render)
}

/// Writes a file that others may read: one that is kept in a repository.
pub fn write_shared(
    path: &Path,
    what: &str,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    write_as(path, what, 0o644, render)
}

fn write_as(
    path: &Path,
    what: &str,
    mode: u32,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) || path.file_name().is_none() {
        bail!(
            "cannot write the {what} to {}: it is a directory; name a file in it",
            path.display()
        );
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let outcome =
        if is_stream(path) { stream(path, render) } else { replace(path, folder, mode, render) };
    outcome.with_context(|| {
        let path = path.display();
        let advice = "check that its folder exists, is writable and has room";
        format!("cannot write the {what} to {path}: {advice}")
    })
}

/// Whether a path names something that must not be replaced by a file: all of `/dev` and
/// `/proc`, where even a link to a file is somebody's open descriptor, and any FIFO.
fn is_stream(path: &Path) -> bool {
    let special = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    special || path.starts_with("/dev") || path.starts_with("/proc")
}

fn stream(path: &Path, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut buffered = BufWriter::new(fs::File::options().write(true).open(path)?);
    render(&mut buffered)?;
    buffered.flush()
}

fn replace(
    path: &Path,
    folder: &Path,
    mode: u32,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = temporary(folder, mode)?;
    let mut buffered = BufWriter::new(file.as_file_mut());
    render(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|refused| refused.error)?;
    Ok(())
}

/// A new file beside the target; what the user's mask forbids is taken from its mode.
#[cfg(unix)]
fn temporary(folder: &Path, mode: u32) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::Permissions::from_mode(mode);
    tempfile::Builder::new().prefix(".squelch-").permissions(permissions).tempfile_in(folder)
}

#[cfg(not(unix))]
fn temporary(folder: &Path, _mode: u32) -> io::Result<NamedTempFile> {
    NamedTempFile::with_prefix_in(".squelch-", folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder is there");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_failed_report_leaves_the_old_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.sarif");
        write(&path, |out| out.write_all(b"old")).expect("written");
        let failed = write(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(format!("{:#}", failed.expect_err("it fails")).contains("a.sarif"));
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        assert_eq!(names(folder.path()), ["a.sarif"], "no temporary file is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_stays_a_device() {
        write(Path::new("/dev/null"), |out| out.write_all(b"report")).expect("written");
        let full = write(Path::new("/dev/full"), |out| out.write_all(b"report"));
        assert!(full.is_err_and(|error| error.to_string().contains("/dev/full")));
        for device in ["/dev/null", "/dev/full"] {
            assert!(!fs::metadata(device).expect("there").is_file(), "{device} is a file now");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_replaced_and_a_folder_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        fs::write(&target, "untouched").expect("written");
        std::os::unix::fs::symlink(&target, &link).expect("linked");
        write(&link, |out| out.write_all(b"report")).expect("written");
        assert_eq!(fs::read_to_string(&target).expect("there"), "untouched");
        assert!(!fs::symlink_metadata(&link).expect("there").is_symlink());
        let refused = write(folder.path(), |_| Ok(())).expect_err("a folder");
        assert!(refused.to_string().contains("it is a directory"), "{refused}");
    }
}
