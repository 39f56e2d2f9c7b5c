//! Which part of a sweep this process does, where others do the rest.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// One of several parts, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: usize,
    pub count: usize,
}

/// Where engines say which part a process is: the variables of its number and of how many there
/// are, and the first number. As their documents have them.
const ENGINES: [(&str, &str, &str, usize); 5] = [
    // An indexed job has no variable for its completions: SQUELCH_SHARDS is set in its template.
    ("Kubernetes", "JOB_COMPLETION_INDEX", "SQUELCH_SHARDS", 0),
    ("Slurm", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", 0),
    ("GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
    ("CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
    ("Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
];

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    /// The part that the engine says by which this process runs.
    pub fn auto(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let number = |name: &str| match variable(name) {
            Some(text) => text.parse().map(Some).map_err(|_| format!("${name} is no number")),
            None => Ok(None),
        };
        for (engine, index, count, first) in ENGINES {
            let Some(own) = number(index)? else { continue };
            let missing = || format!("{engine} sets ${index}, but ${count} is not set: set it");
            let count = number(count)?.ok_or_else(missing)?;
            let first =
                number("SLURM_ARRAY_TASK_MIN")?.filter(|_| engine == "Slurm").unwrap_or(first);
            let index = own.checked_sub(first).map(|own| own + 1);
            return index.map_or(Err(format!("${own} is before the first part")), |index| {
                Self { index, count }.checked()
            });
        }
        let names: Vec<&str> = ENGINES.iter().map(|engine| engine.0).collect();
        Err(format!("--shard auto: nothing here says that {} runs this", names.join(", ")))
    }

    fn checked(self) -> Result<Self, String> {
        if (1..=self.count).contains(&self.index) {
            Ok(self)
        } else {
            Err(format!("there is no part {} of {}", self.index, self.count))
        }
    }

    /// Which of some targets are its own, given their names and sizes: the same for each part, and
    /// each target belongs to one. Targets of a known size are dealt out, the largest first, to the
    /// part that has the least so far; the others by their names.
    pub fn own(&self, targets: &[(String, Option<u64>)]) -> Vec<bool> {
        let mut sized: Vec<(Reverse<u64>, &str)> = targets
            .iter()
            .filter_map(|(name, size)| Some((Reverse((*size)?), name.as_str())))
            .collect();
        sized.sort_unstable();
        let mut loads = vec![0_u64; self.count];
        let mut dealt: BTreeMap<&str, usize> = BTreeMap::new();
        for (Reverse(size), name) in sized {
            let least = (0..self.count).min_by_key(|part| loads[*part]).unwrap_or(0);
            // An empty one costs something, too.
            loads[least] += size.max(1);
            dealt.insert(name, least);
        }
        let part =
            |name: &str| dealt.get(name).copied().unwrap_or_else(|| by_name(name, self.count));
        targets.iter().map(|(name, _)| part(name) == self.index - 1).collect()
    }
}

fn by_name(name: &str, count: usize) -> usize {
    let digest = Sha256::digest(name);
    let number = digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    (number % count as u64) as usize
}

impl FromStr for Shard {
    type Err = String;

    /// Reads `2/8`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?}: write the part and how many there are, as 2/8, or auto");
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.parse().map_err(|_| wrong());
        Self { index: number(index)?, count: number(count)? }.checked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(sizes: &[Option<u64>]) -> Vec<(String, Option<u64>)> {
        sizes.iter().enumerate().map(|(at, size)| (format!("acme/{at}"), *size)).collect()
    }

    #[test]
    fn each_target_belongs_to_one_part() {
        let sizes: Vec<Option<u64>> =
            (0..300_u64).map(|at| (at % 3 > 0).then_some(at * at % 1000)).collect();
        let targets = targets(&sizes);
        let mut times = vec![0; targets.len()];
        for index in 1..=7 {
            let own = Shard { index, count: 7 }.own(&targets);
            assert!(own.iter().any(|own| *own));
            times.iter_mut().zip(own).for_each(|(times, own)| *times += usize::from(own));
        }
        assert!(times.iter().all(|times| *times == 1));
        assert!(Shard::WHOLE.own(&targets).iter().all(|own| *own));
    }

    #[test]
    fn large_targets_are_dealt_out_evenly() {
        let sizes = [900, 10, 10, 880, 20, 5, 870, 890].map(Some);
        let targets = targets(&sizes);
        let load = |index| {
            let own = Shard { index, count: 4 }.own(&targets);
            sizes.iter().zip(own).filter(|(_, own)| *own).filter_map(|(size, _)| *size).sum::<u64>()
        };
        assert!((1..=4).all(|index| (880..=920).contains(&load(index))));
    }

    #[test]
    fn engines_say_which_part_a_process_is() {
        let auto = |set: &[(&str, &str)]| {
            let of = |name: &str| set.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
            Shard::auto(of)
        };
        let shard = |index, count| Ok(Shard { index, count });
        assert_eq!(auto(&[("JOB_COMPLETION_INDEX", "0"), ("SQUELCH_SHARDS", "4")]), shard(1, 4));
        assert!(
            auto(&[("JOB_COMPLETION_INDEX", "0")]).is_err_and(|why| why.contains("SQUELCH_SHARDS"))
        );
        assert_eq!(auto(&[("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "4")]), shard(4, 4));
        let slurm = [("SLURM_ARRAY_TASK_ID", "5"), ("SLURM_ARRAY_TASK_COUNT", "3")];
        assert!(auto(&slurm).is_err(), "an array that begins at 3");
        let slurm = [&slurm[..], &[("SLURM_ARRAY_TASK_MIN", "3")]].concat();
        assert_eq!(auto(&slurm), shard(3, 3));
        assert_eq!(auto(&[("CIRCLE_NODE_INDEX", "1"), ("CIRCLE_NODE_TOTAL", "2")]), shard(2, 2));
        assert!(auto(&[("CI_NODE_INDEX", "x"), ("CI_NODE_TOTAL", "2")]).is_err());
        assert!(auto(&[]).is_err_and(|why| why.contains("Buildkite")));
        assert!("3/2".parse::<Shard>().is_err() && "0/2".parse::<Shard>().is_err());
        assert_eq!("2/8".parse(), shard(2, 8));
    }
}
