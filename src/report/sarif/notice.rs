//! Problems as notifications: a scan that could not look must not read as clean.

use std::collections::BTreeSet;
use std::io;

use super::model::{
    Configuration, Message, Notification, NotificationDescriptor, NotificationReference, Text,
};
use super::rule::{limited, pascal_case};
use crate::problem::{Problem, ProblemCode};
use crate::report::Content;
use crate::report::escape::shown;

/// A damaged repository can have a million problems; services show a handful.
const NOTIFICATIONS: usize = 1000;
/// Characters of one notification.
const MESSAGE: usize = 2000;

const HELP: &str = "What was not read may hold tokens. Remove the cause that the message names and \
                    scan again.";

/// The id for results or problems that this file has no room for.
const LEFT_OUT: &str = "left-out";

/// A descriptor for each kind of problem that the report has.
pub(super) fn descriptors(
    report: &dyn Content,
    left_out: usize,
) -> io::Result<Vec<NotificationDescriptor>> {
    let codes = report.problems().map(|problem| Ok(problem?.code));
    let codes = codes.collect::<io::Result<BTreeSet<_>>>()?;
    let mut all: Vec<_> =
        codes.into_iter().map(|code| descriptor(&code.to_string(), describe(code))).collect();
    if left_out > 0 || report.head().problems > NOTIFICATIONS {
        let text = "More was found than this file may hold; the JSON Lines form has all of it.";
        all.push(descriptor(LEFT_OUT, text));
    }
    Ok(all)
}

fn descriptor(id: &str, text: &'static str) -> NotificationDescriptor {
    NotificationDescriptor {
        id: id.to_owned(),
        // The Multitool's rules want a name that is not the id in another case.
        name: format!("Problem{}", pascal_case(id)),
        short_description: Text { text },
        full_description: Text { text },
        help: Text { text: HELP },
        default_configuration: Configuration { level: "error" },
    }
}

fn describe(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::Unreadable => "A file or directory could not be opened or read.",
        ProblemCode::Walk => "A path could not be walked.",
        ProblemCode::TooLarge => "Something is larger than a cap.",
        ProblemCode::TooMany => "One place has more candidates than a cap.",
        ProblemCode::Damaged => "A git object, a pack or an archive is damaged.",
        ProblemCode::Missing => "A git object that others name is not there.",
        ProblemCode::Shallow => "The history was cut by a shallow clone.",
        ProblemCode::Partial => "A partial clone left out objects.",
        ProblemCode::Repository => "A repository, or a part of one, cannot be read.",
        ProblemCode::Encrypted => "A member of an archive is encrypted.",
        ProblemCode::Unsupported => "A format is not read.",
        ProblemCode::Gone => "A token is not at its places any more.",
        ProblemCode::Store => "What is known of earlier scans could not be read or kept.",
        ProblemCode::RuleNotRun => "A rule of another scanner cannot be run.",
        ProblemCode::Unanswered => "A server does not answer, or its answer says nothing.",
        ProblemCode::Denied => "A server keeps something from whoever asks, or has it not.",
        ProblemCode::Expired => "A CI log is kept no longer.",
    }
}

pub(super) fn notifications(
    report: &dyn Content,
    left_out: usize,
) -> io::Result<Vec<Notification>> {
    let listed = report.problems().take(NOTIFICATIONS);
    let mut all = listed.map(|it| Ok(notification(&*it?))).collect::<io::Result<Vec<_>>>()?;
    let hidden = report.head().problems.saturating_sub(NOTIFICATIONS);
    if hidden > 0 {
        all.push(notice(LEFT_OUT.to_owned(), format!("{hidden} more problems are left out.")));
    }
    if left_out > 0 {
        let text = format!("{left_out} more results are left out: the consumer takes no more.");
        all.push(notice(LEFT_OUT.to_owned(), text));
    }
    Ok(all)
}

fn notification(problem: &Problem) -> Notification {
    let mut text = format!("{}: {}.", shown(&problem.place, true), shown(&problem.why, true));
    if let Some(hint) = &problem.hint {
        text.push(' ');
        text.push_str(&shown(hint, true));
    }
    notice(problem.code.to_string(), limited(&text, MESSAGE))
}

fn notice(id: String, text: String) -> Notification {
    Notification {
        descriptor: NotificationReference { id },
        level: "error",
        message: Message::plain(text),
    }
}
