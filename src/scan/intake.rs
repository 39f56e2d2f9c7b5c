//! Logs that somebody else brings, one after the other: the part of a scan that has no targets.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use super::examiner::{Examiner, Sighting};
use super::{Harvest, Options, Progress, Seen, finish};
use crate::ci;
use crate::finding::Report;
use crate::origin::{LogPlace, Origin, OriginKind};
use crate::rule::Rules;
use crate::source::stdin::examine_stdin;

/// Takes logs in, and concludes one report of all of them. Nothing is kept of a log but what was found
/// in it.
pub struct Intake<'a> {
    options: &'a Options,
    rules: &'a Rules,
    examiner: Examiner<'a>,
    pool: &'a rayon::ThreadPool,
    harvest: Harvest,
    started: Instant,
}

impl<'a> Intake<'a> {
    /// With the readings and the rules of these options, whose targets are not looked at, and threads
    /// that several scans may share.
    pub fn new(
        pool: &'a rayon::ThreadPool,
        options: &'a Options,
        rules: &'a Rules,
        progress: &'a Arc<Progress>,
    ) -> Self {
        let examiner = Examiner::new(rules, options, progress);
        let (harvest, started) = (Harvest::default(), Instant::now());
        Self { options, rules, examiner, pool, harvest, started }
    }

    /// Takes in all logs that a CI system has of a target, and what of them could not be read.
    pub fn all(&mut self, target: &ci::Target, settings: &ci::Settings) {
        let problems = ci::read(target, settings, &mut |log, reader| {
            // That it broke off is known to the reader.
            let _ = self.log(&log.path(), &log.place(), reader);
            ControlFlow::Continue(())
        });
        self.harvest.problems.extend(problems);
    }

    /// Reads a log to its end, or to where it breaks off. `path` names it in reports; `place` is what
    /// its source says of all of it, which counts more than what the log says of itself. That a stream
    /// broke off is the error; what came before is taken in.
    fn log(
        &mut self,
        path: &str,
        place: &LogPlace,
        stream: &mut (dyn Read + Send),
    ) -> io::Result<()> {
        let examiner = &self.examiner;
        let read = self.pool.install(|| examine_stdin(stream, examiner));
        self.harvest.tally.files += 1;
        self.harvest.tally.file_bytes += read.bytes;
        let origin = Origin::plain(OriginKind::Log, path);
        let seen = |mut sighting: Sighting| {
            sighting.log = Some(placed(place, sighting.log.take()));
            Seen::at(sighting, origin.clone())
        };
        self.harvest.seen.extend(read.found.into_iter().map(seen));
        read.error.map_or(Ok(()), Err)
    }

    /// The report of all that was taken in.
    pub fn finish(self) -> Report {
        let Self { options, rules, examiner, harvest, started, .. } = self;
        finish(harvest, started, options, rules, &examiner)
    }
}

impl std::fmt::Debug for Intake<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Intake({} logs)", self.harvest.tally.files)
    }
}

/// What is known of a place: of the whole log from its source, of the place in it from the log. A
/// link of the log's own is better if it leads further on the same page: to the line.
fn placed(whole: &LogPlace, here: Option<LogPlace>) -> LogPlace {
    let Some(here) = here else { return whole.clone() };
    let further = |link: &String| {
        whole.link.as_ref().is_none_or(|page| link.starts_with(&format!("{page}#")))
    };
    LogPlace {
        provider: whole.provider,
        job: whole.job.clone().or(here.job),
        step: whole.step.clone().or(here.step),
        link: here.link.filter(further).or_else(|| whole.link.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_knows_the_job_and_the_log_knows_the_step() {
        let said = |text: &str| Some(text.to_owned());
        let whole = LogPlace {
            provider: "GitLab CI",
            job: said("a"),
            step: None,
            link: said("https://x/1"),
        };
        let here = |link: &str| LogPlace {
            provider: "CI log",
            job: said("b"),
            step: said("s"),
            link: said(link),
        };
        let line = placed(&whole, Some(here("https://x/1#L7")));
        assert_eq!((line.provider, line.job, line.step), ("GitLab CI", said("a"), said("s")));
        assert_eq!(line.link, said("https://x/1#L7"));
        let planted = placed(&whole, Some(here("https://evil.example/")));
        assert_eq!(planted.link, said("https://x/1"), "no page that a log chose");
    }
}
