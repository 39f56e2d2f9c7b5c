//! A whole git history: squelch and its peers against the floor, which is the fastest known way
//! for a library to build every blob once without looking at it.

mod measure;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, anyhow};
use gix::objs::Kind;
use gix_pack::cache::delta::{Tree, traverse};
use gix_pack::data::entry::Header;
use rayon::prelude::*;

use measure::args::Args;
use measure::peers::{
    KINGFISHER, Peers, kingfisher_check, leaks_check, number_after, squelch, squelch_check,
    trufflehog_check, words,
};
use measure::table::compare;
use measure::{Contender, interleave, say};

fn main() -> ExitCode {
    measure::main_of(bench)
}

fn bench() -> anyhow::Result<()> {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == "floor") {
        // This very program as a child, so that start-up and memory count as for the others.
        return floor(Path::new(&words.next().context("floor needs a path")?));
    }
    let args = Args::read(5, 1, "history", "REPO")?;
    let peers = Peers::look(&["kingfisher", "gitleaks", "betterleaks", "trufflehog"]);
    peers.warm_up();
    for repository in &args.targets {
        say(&format!("\n{}\n", repository.display()));
        measure_one(&args, &peers, repository)?;
    }
    Ok(())
}

fn measure_one(args: &Args, peers: &Peers, repository: &Path) -> anyhow::Result<()> {
    let itself = std::env::current_exe()?;
    let mut command: Vec<OsString> = words(itself, &["floor"]);
    command.push(repository.into());
    let blobs = blobs_of(&command)?;
    let floor_check = |said: &measure::Said| {
        let read = number_after(&said.stdout, "blobs:").filter(|_| said.code == 0);
        let bytes = number_after(&said.stdout, "bytes:").unwrap_or(0) as f64 / 1e9;
        read.map(|blobs| format!("{blobs} blobs, {bytes:.2} GB")).ok_or(said.stderr.clone())
    };
    let mut all = vec![Contender::new("floor", command, args.rounds, Box::new(floor_check))];

    let output = tempfile::TempDir::new()?;
    let sarif = format!("sarif={}", output.path().join("out.sarif").display());
    let flags = ["scan", "--fail-on", "never", "--format", "jsonl", "--output", &sarif];
    let mut command = words(squelch(), &flags);
    command.push(repository.into());
    all.push(Contender::new("squelch", command, args.rounds, squelch_check()));

    let rounds = args.peer_rounds;
    // A peer may leave out what no ref reaches, so half of the blobs are enough to believe it.
    let check = kingfisher_check(blobs / 2);
    all.extend(peers.contender("kingfisher", KINGFISHER, repository, rounds, check));
    for name in ["gitleaks", "betterleaks"] {
        let flags = ["git", "--no-banner"];
        all.extend(peers.contender(name, &flags, repository, rounds, leaks_check(1)));
    }
    let flags = ["git", "--no-verification", "--no-update"];
    let url = PathBuf::from(format!("file://{}", repository.display()));
    all.extend(peers.contender("trufflehog", &flags, &url, rounds, trufflehog_check()));

    interleave(&mut all)?;
    compare(&all, "floor", "squelch");
    Ok(())
}

/// How many blobs the floor sees: what the peers' own counts are held against.
fn blobs_of(floor: &[OsString]) -> anyhow::Result<u64> {
    let output = std::process::Command::new(&floor[0]).args(&floor[1..]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    number_after(&text, "blobs:").with_context(|| {
        format!("the floor cannot be measured: {}", String::from_utf8_lossy(&output.stderr))
    })
}

/// Builds every blob of every pack once, and does nothing with it.
fn floor(repository: &Path) -> anyhow::Result<()> {
    let repository = gix::open(repository)?;
    let store = repository.objects.store_ref();
    let mut folders = vec![store.path().to_owned()];
    folders.extend(store.alternate_db_paths().map_err(|error| anyhow!("{error}"))?);
    let (mut blobs, mut bytes) = (0, 0);
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder.join("pack")) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "idx") {
                let read = pack_floor(&path, repository.object_hash())?;
                blobs += read.0;
                bytes += read.1;
            }
        }
    }
    say(&format!("blobs: {blobs}\nbytes: {bytes}\n"));
    Ok(())
}

/// The blobs of one pack, and their bytes.
fn pack_floor(idx: &Path, hash: gix::hash::Kind) -> anyhow::Result<(usize, u64)> {
    let index = gix_pack::index::File::at(idx, hash)
        .map_err(|error| anyhow!("{}: {error}", idx.display()))?;
    let pack = idx.with_extension("pack");
    let data = gix_pack::data::File::at(&pack, hash)
        .map_err(|error| anyhow!("{}: {error}", idx.display()))?;
    let never = AtomicBool::new(false);
    let (kept, blobs) = blob_offsets(&index, &data);
    let tree = Tree::from_offsets_in_pack(
        &pack,
        kept.into_iter().map(|offset| (offset, 0)),
        &|&(offset, _): &(u64, u64)| offset,
        &|id| Ok(index.lookup(id).map(|at| index.pack_offset_at_index(at))),
        &mut gix::progress::Discard,
        &never,
        hash,
    )
    .map_err(|error| anyhow!("{}: {error}", idx.display()))?;
    let outcome = tree
        .traverse(
            |range, data: &gix_pack::data::File| data.entry_slice(range),
            &data,
            data.pack_end() as u64,
            |(_, bytes), _, context| {
                *bytes = context.decompressed.len() as u64;
                Ok(())
            },
            traverse::Options {
                object_progress: Box::new(gix::progress::Discard),
                size_progress: &mut gix::progress::Discard,
                thread_limit: None,
                should_interrupt: &never,
                object_hash: hash,
                alloc_limit_bytes: None,
            },
        )
        .map_err(|error| anyhow!("{}: {error}", idx.display()))?;
    let items = outcome.roots.iter().chain(&outcome.children);
    Ok((blobs, items.map(|item| item.data.1).sum()))
}

/// Where in the pack the blobs are, and how many. A delta is what its chain's root is, so only
/// headers are read. The first entry, and what it is a delta on, is kept whatever it is:
/// `from_offsets_in_pack` reads from there, not from the first offset it is given.
fn blob_offsets(index: &gix_pack::index::File, data: &gix_pack::data::File) -> (Vec<u64>, usize) {
    let ids = 0..index.num_objects();
    let mut offsets: Vec<u64> =
        ids.into_par_iter().map(|id| index.pack_offset_at_index(id)).collect();
    offsets.par_sort_unstable();
    let end = data.pack_end() as u64;
    let link = |&offset: &u64| {
        let bytes = data.entry_slice(offset..end).unwrap_or_default();
        let entry = gix_pack::data::Entry::from_bytes(bytes, offset, data.object_hash()).ok()?;
        let base = match entry.header {
            Header::OfsDelta { base_distance } => offset.checked_sub(base_distance)?,
            Header::RefDelta { base_id } => index.pack_offset_at_index(index.lookup(base_id)?),
            root => return Some(Link::Root(root.as_kind()? == Kind::Blob)),
        };
        offsets.binary_search(&base).ok().map(Link::Base)
    };
    let links: Vec<Option<Link>> = offsets.par_iter().map(link).collect();
    let chain = |from: usize| {
        let next = |at: &usize| match links[*at] {
            Some(Link::Base(base)) => Some(base),
            _ => None,
        };
        // No chain is longer than the pack, not even one that a damaged pack bends to a ring.
        std::iter::successors(Some(from), next).take(links.len())
    };
    let is_blob = |at: usize| {
        chain(at).last().is_some_and(|root| matches!(links[root], Some(Link::Root(true))))
    };
    let mut kept: Vec<bool> = (0..offsets.len()).into_par_iter().map(is_blob).collect();
    let blobs = kept.iter().filter(|kept| **kept).count();
    if !kept.is_empty() {
        chain(0).for_each(|at| kept[at] = true);
    }
    let kept = offsets.iter().zip(kept).filter_map(|(offset, kept)| kept.then_some(*offset));
    (kept.collect(), blobs)
}

/// What an entry hangs on.
#[derive(Clone, Copy)]
enum Link {
    /// Nothing: whether it is a blob.
    Root(bool),
    /// The entry at this position in the order of offsets.
    Base(usize),
}
