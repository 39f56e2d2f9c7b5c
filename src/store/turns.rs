//! Turns: repositories that share much are read one after the other, so that what the first one
//! holds is known when the next one is read. All at once, each would read what they share.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Id;

/// Of this many ids, those that come first of all ids of a repository, one in sixteen has to be of
/// another one too for both to share much. Ids are hashes, so they stand for the others.
pub const SKETCH: usize = 256;
const SHARE: usize = 16;

/// What is read at the moment, by all threads of this process.
#[derive(Debug, Default)]
pub(super) struct Turns {
    reading: Mutex<Vec<Vec<Id>>>,
    ended: Condvar,
}

/// The turn of one repository, until it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    turns: &'a Turns,
    sketch: Vec<Id>,
}

impl Turns {
    /// Waits until nothing is read that shares much with a repository. `sketch` are the ids that come
    /// first of its own, in order, at most [`SKETCH`].
    pub(super) fn take(&self, sketch: Vec<Id>) -> Turn<'_> {
        let mut reading = self.reading();
        while reading.iter().any(|other| share_much(other, &sketch)) {
            reading = self.ended.wait(reading).unwrap_or_else(PoisonError::into_inner);
        }
        reading.push(sketch.clone());
        Turn { turns: self, sketch }
    }

    fn reading(&self) -> MutexGuard<'_, Vec<Vec<Id>>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut reading = self.turns.reading();
        if let Some(at) = reading.iter().position(|other| *other == self.sketch) {
            reading.swap_remove(at);
        }
        drop(reading);
        self.turns.ended.notify_all();
    }
}

/// Whether of two sketches so much is the same that one of them should wait. What is said of the
/// whole is only told by ids up to where the shorter-reaching one ends.
fn share_much(one: &[Id], other: &[Id]) -> bool {
    let (Some(end), Some(other_end)) = (one.last(), other.last()) else { return false };
    let end = end.min(other_end);
    let common = one.iter().filter(|id| other.binary_search(id).is_ok()).count();
    let seen = |ids: &[Id]| ids.partition_point(|id| id <= end);
    common * SHARE >= seen(one).min(seen(other)).max(1)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn ids(numbers: impl Iterator<Item = u128>) -> Vec<Id> {
        numbers.map(u128::to_be_bytes).collect()
    }

    #[test]
    fn a_fork_shares_much_and_a_stranger_nothing() {
        let origin = ids((0..256).map(|it| it * 10));
        let fork = ids((0..200).map(|it| it * 10).chain((0..56).map(|it| 9000 + it)));
        let stranger = ids((0..256).map(|it| it * 10 + 1));
        assert!(share_much(&origin, &fork) && share_much(&fork, &origin));
        assert!(!share_much(&origin, &stranger) && !share_much(&origin, &[]));
        // The smaller one is a part of the other: its ids are among many more.
        let part = ids((0..20).map(|it| it * 1000));
        assert!(share_much(&origin, &part) && share_much(&part, &origin));
    }

    #[test]
    fn those_that_share_much_are_never_read_at_once() {
        let (turns, at_once, most) = (Turns::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (turns, at_once, most) = (&turns, &at_once, &most);
                scope.spawn(move || {
                    let _turn = turns.take(ids((0..100).chain([1000 + thread])));
                    most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    at_once.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 1);
        // A stranger need not wait.
        let _turn = turns.take(ids(0..100));
        let _other = turns.take(ids(500..600));
    }
}
