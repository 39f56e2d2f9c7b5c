//! Scripts of shells, batch files, PowerShell, makefiles.

use super::command;
use super::event::Sink;
use super::reference::Syntax;

pub(super) const NAME: &str = "script";

pub(super) fn read(sink: &mut Sink<'_>, text: &str) {
    command::read(sink, &[], 1, text, Syntax::Dollar);
}
