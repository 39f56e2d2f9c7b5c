//! Lists `rules/*.toml`, so that a new service is a new file and no Rust, and names this source.

use std::fmt::Write as _;
use std::{env, fs, io, path::PathBuf};

/// A hash (FNV-1a) of the source: what another build found, this one may not.
fn source_hash() -> io::Result<u64> {
    println!("cargo::rerun-if-changed=src");
    let mut folders = vec![PathBuf::from("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for path in files {
        for byte in fs::read(path)? {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(hash)
}

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=rules");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("rules");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(root)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let mut list = String::from("&[\n");
    for path in paths {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let _ = writeln!(list, "    ({stem:?}, include_str!({:?})),", path.to_string_lossy());
    }
    list.push(']');
    println!("cargo::rustc-env=SQUELCH_SOURCE={:016x}", source_hash()?);
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("builtin_rules.rs"), list)
}
