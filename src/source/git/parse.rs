//! Reads just enough of commits, tags and trees, straight from their bytes.

use gix::hash::ObjectId;

/// The part of a commit that history is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CommitHeader {
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
    /// Committer time in seconds since 1970; 0 where it cannot be read (git itself reads
    /// such commits, so a broken date is no reason to lose one).
    pub time: i64,
}

/// Parses a commit's header lines. `None` where there is no tree line.
pub(crate) fn commit(bytes: &[u8]) -> Option<CommitHeader> {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let tree = ObjectId::from_hex(lines.next()?.strip_prefix(b"tree ")?).ok()?;
    let mut header = CommitHeader { tree, parents: Vec::new(), time: 0 };
    for line in lines {
        if let Some(parent) = line.strip_prefix(b"parent ") {
            header.parents.extend(ObjectId::from_hex(parent));
        } else if let Some(committer) = line.strip_prefix(b"committer ") {
            header.time = signature_time(committer).map_or(0, |(seconds, _)| seconds);
            break;
        } else if line.is_empty() {
            break;
        }
    }
    Some(header)
}

/// The object that a tag names.
pub(crate) fn tag(bytes: &[u8]) -> Option<ObjectId> {
    let line = bytes.split(|&byte| byte == b'\n').next()?;
    ObjectId::from_hex(line.strip_prefix(b"object ")?).ok()
}

/// The author's time of a commit: seconds since 1970 and the offset in minutes.
pub(crate) fn author_time(commit: &[u8]) -> Option<(i64, i32)> {
    time_of(commit, b"author ")
}

/// The committer's time of a commit, in the same form.
pub(crate) fn committer_time(commit: &[u8]) -> Option<(i64, i32)> {
    time_of(commit, b"committer ")
}

fn time_of(commit: &[u8], who: &[u8]) -> Option<(i64, i32)> {
    let mut lines = commit.split(|&byte| byte == b'\n').take_while(|line| !line.is_empty());
    lines.find_map(|line| line.strip_prefix(who)).and_then(signature_time)
}

/// `Name <mail> SECONDS ZONE`, read from its end, since names hold anything.
fn signature_time(signature: &[u8]) -> Option<(i64, i32)> {
    let text = std::str::from_utf8(&signature[signature.iter().rposition(|&b| b == b'>')? + 1..]);
    let mut words = text.ok()?.split_ascii_whitespace();
    let seconds = words.next()?.parse().ok()?;
    let zone: i32 = words.next().and_then(|zone| zone.parse().ok()).unwrap_or(0);
    Some((seconds, zone / 100 * 60 + zone % 100))
}

/// What a tree entry points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Tree,
    Blob,
    /// A submodule's commit, which is stored elsewhere.
    Gitlink,
}

/// One entry of a tree, borrowed from its bytes.
#[derive(Clone, Copy)]
pub(crate) struct TreeEntry<'a> {
    pub kind: EntryKind,
    pub name: &'a [u8],
    pub id: &'a gix::hash::oid,
    /// Where it begins in the tree.
    pub start: u32,
}

/// Iterates over a tree's entries; ends early at the first that is malformed.
pub(crate) struct TreeEntries<'a> {
    bytes: &'a [u8],
    at: usize,
    id_len: usize,
}

impl<'a> TreeEntries<'a> {
    pub(crate) fn new(bytes: &'a [u8], id_len: usize) -> Self {
        Self { bytes, at: 0, id_len }
    }

    /// Where the next entry begins.
    pub(crate) fn at(&self) -> u32 {
        self.at as u32
    }

    /// Goes on at another place, which must be where an entry begins.
    pub(crate) fn skip_to(&mut self, at: u32) {
        self.at = at as usize;
    }

    /// Whether every byte was understood: call when the iteration is over.
    pub(crate) fn complete(&self) -> bool {
        self.at == self.bytes.len()
    }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = TreeEntry<'a>;

    // One call an entry of each tree: 135 million of them in git.git.
    #[inline]
    fn next(&mut self) -> Option<TreeEntry<'a>> {
        let rest = &self.bytes[self.at..];
        let mode_len = match rest {
            [_, _, _, _, _, _, b' ', ..] => 6,
            [_, _, _, _, _, b' ', ..] => 5,
            _ => rest.iter().take(8).position(|&byte| byte == b' ')?,
        };
        let kind = match &rest[..mode_len] {
            b"40000" | b"040000" => EntryKind::Tree,
            b"160000" => EntryKind::Gitlink,
            _ => EntryKind::Blob,
        };
        let name_at = mode_len + 1;
        let name_len = memchr::memchr(0, &rest[name_at..])?;
        let id_at = name_at + name_len + 1;
        let id = rest.get(id_at..id_at + self.id_len)?;
        let start = self.at as u32;
        self.at += id_at + self.id_len;
        let id = gix::hash::oid::try_from_bytes(id).ok()?;
        let name = &rest[name_at..name_at + name_len];
        Some(TreeEntry { kind, name, id, start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    #[test]
    fn a_commit_with_broken_dates_is_still_a_commit() {
        let text = format!("tree {A}\nparent {A}\nauthor a <b> x\ncommitter >< y z\n\nparent no");
        let header = commit(text.as_bytes()).expect("a tree line is enough");
        assert_eq!((header.parents.len(), header.time), (1, 0));
        assert_eq!(commit(b"author x"), None);
    }

    #[test]
    fn times_come_with_their_zone() {
        let text =
            format!("tree {A}\nauthor A > B <m> 1700000000 -0330\ncommitter c <m> 5 +0000\n");
        assert_eq!(author_time(text.as_bytes()), Some((1_700_000_000, -210)));
        assert_eq!(committer_time(text.as_bytes()), Some((5, 0)));
        assert_eq!(commit(text.as_bytes()).map(|header| header.time), Some(5));
    }

    #[test]
    fn trees_are_read_up_to_the_first_fault() {
        let id = [7u8; 20];
        let tree = [b"100644 a b\0".as_slice(), &id, b"40000 dir\0", &id].concat();
        let mut entries = TreeEntries::new(&tree, 20);
        let kinds: Vec<_> = entries.by_ref().map(|entry| (entry.kind, entry.name)).collect();
        assert_eq!(kinds, [(EntryKind::Blob, &b"a b"[..]), (EntryKind::Tree, &b"dir"[..])]);
        assert!(entries.complete());
        for end in 0..tree.len() {
            let mut cut = TreeEntries::new(&tree[..end], 20);
            assert!(cut.by_ref().count() <= 1);
            assert_eq!(cut.complete(), end == 0 || end == 31, "cut at {end}");
        }
    }
}
