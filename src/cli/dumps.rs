//! Keeps what this process holds out of files that a crash leaves behind.

/// From here on no core is dumped, and on Linux no other process of the user reads this one's
/// memory. Called before the first token is read that will be asked about.
///
/// Neither can be refused to a process that only gives up rights; if it were, that is no reason not
/// to answer.
pub(crate) fn forbid() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        let _ = setrlimit(Resource::Core, none);
    }
    // A program that takes cores through a pipe gets them whatever the limit is.
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
