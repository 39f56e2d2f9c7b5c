//! XML as people and Java programs leave it, by its elements.
//!
//! Jenkins writes XML 1.1, and people edit it. So it is read by events, whatever its head says, and
//! what is broken is told while the rest counts.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Where a walk is in an element.
pub(crate) enum Edge<'a> {
    /// With its attributes.
    Start(&'a BytesStart<'a>),
    /// With the element's text, if it has any.
    End(Option<String>),
}

/// Elements in elements, as many as are followed, since each costs time once more. What is read
/// lies in the eighth; plugins have their own beside it.
const MAX_DEPTH: usize = 256;

/// Shows where each element starts and ends, with the names from the root to it and its 1-based line.
/// Returns what is broken. The end of an element that never ends is not shown, for what is cut off might tell
/// another story.
pub(crate) fn walk(xml: &str, mut show: impl FnMut(&[&str], Edge<'_>, u64)) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut broken = None;
    let (mut line, mut counted) = (1, 0);
    loop {
        let event = reader.read_event();
        let at = xml.len().min(reader.buffer_position() as usize);
        line += memchr::memchr_iter(b'\n', &xml.as_bytes()[counted..at]).count() as u64;
        counted = at;
        match event {
            Ok(Event::Start(start)) => {
                open.push(start.name().into_inner().to_owned());
                if open.len() > MAX_DEPTH {
                    return Some(format!("it has more than {MAX_DEPTH} elements in each other"));
                }
                show(&names(&open), Edge::Start(&start), line);
                text.clear();
            }
            // An element without content says nothing that its absence does not say.
            Ok(Event::Empty(_)) => text.clear(),
            Ok(Event::Text(more)) => text.push_str(&more),
            Ok(Event::CData(more)) => text.push_str(&more),
            Ok(Event::GeneralRef(reference)) => text.push_str(&resolve(&reference)),
            Ok(Event::End(end)) => {
                let name = end.name().into_inner();
                if open.last().is_none_or(|last| last != name) {
                    broken.get_or_insert_with(|| "its tags are not in pairs".to_owned());
                }
                // An end without its start ends nothing; one of an element further out ends all
                // that is in it.
                if let Some(at) = open.iter().rposition(|one| one == name) {
                    open.truncate(at + 1);
                    let own = text.trim();
                    let own = (!own.is_empty()).then(|| own.to_owned());
                    show(&names(&open), Edge::End(own), line);
                    open.pop();
                }
                text.clear();
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => return Some(error.to_string()),
        }
    }
    if open.is_empty() { broken } else { Some("it ends in the middle".to_owned()) }
}

fn names(open: &[String]) -> Vec<&str> {
    open.iter().map(String::as_str).collect()
}

/// The character that a reference stands for; as it is written, if it stands for none.
fn resolve(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name: &str = reference;
    resolve_predefined_entity(name).map_or_else(|| format!("&{name};"), str::to_owned)
}
