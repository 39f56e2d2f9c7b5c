//! Dockerfiles: arguments and variables, and what runs while an image is built.
//! <https://docs.docker.com/reference/dockerfile/>

use super::command;
use super::event::{Sink, What};
use super::reference::{Syntax, shell_names};

pub(super) const NAME: &str = "Docker";

pub(super) fn read(sink: &mut Sink<'_>, text: &str) {
    let mut open: Option<(u64, String)> = None;
    for (at, line) in text.lines().enumerate() {
        let (begin, mut whole) = open.take().unwrap_or((at as u64 + 1, String::new()));
        whole.push_str(line.trim());
        if line.trim_end().ends_with('\\') {
            whole.pop();
            whole.push(' ');
            open = Some((begin, whole));
            continue;
        }
        instruction(sink, begin, &whole);
    }
    if let Some((begin, whole)) = open {
        instruction(sink, begin, &whole);
    }
}

fn instruction(sink: &mut Sink<'_>, line: u64, text: &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    match word.to_ascii_uppercase().as_str() {
        "FROM" => sink.named(line, &[], rest),
        "RUN" | "CMD" | "ENTRYPOINT" => {
            let plain: String =
                rest.chars().map(|c| if "[],\"".contains(c) { ' ' } else { c }).collect();
            let exec = rest.starts_with('[');
            command::read(sink, &[], line, if exec { &plain } else { rest }, Syntax::Dollar);
        }
        "ENV" | "ARG" => {
            let (name, value) = rest.split_once(['=', ' ']).unwrap_or((rest, ""));
            sink.about(line, &[], name, value.trim_matches('"'));
            if !sink.is_name(name) {
                return;
            }
            let names = shell_names(value);
            if word.eq_ignore_ascii_case("ARG") && names.is_empty() {
                sink.add(line, &[], What::Variable { name: name.to_owned(), held_by: None });
            }
            for from in names.into_iter().filter(|from| from != name) {
                let what = What::Variable { name: from, held_by: Some(name.to_owned()) };
                sink.add(line, &[], what);
            }
        }
        _ => {}
    }
}
