//! References in texts, as CI systems and shells write them.

use super::Scope;
use super::event::Reference;

/// How a system writes that a value comes from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `${{ secrets.X }}`, `${{ inputs.x }}`, `${{ env.X }}`.
    GitHub,
    /// `$X` and `${X}`, set at the CI system.
    Dollar,
    /// `$(X)`, and `$X` for what is in the environment.
    Azure,
}

/// All references in a text, in their order.
pub(super) fn references(text: &str, syntax: Syntax) -> Vec<Reference> {
    match syntax {
        Syntax::GitHub => expressions(text),
        Syntax::Dollar => of(shell_names(text), Scope::Variable),
        Syntax::Azure => of(macro_names(text), Scope::Variable),
    }
}

fn of(names: Vec<String>, scope: Scope) -> Vec<Reference> {
    let one = |name| Reference { name, scope: Some(scope), ..Reference::default() };
    names.into_iter().map(one).collect()
}

/// Secrets, variables and inputs in `${{ … }}`.
fn expressions(text: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    for part in text.split("${{").skip(1) {
        let inside = part.split("}}").next().unwrap_or_default();
        for (from, scope) in
            [("secrets", Scope::Secret), ("vars", Scope::Variable), ("inputs", Scope::Caller)]
        {
            found.extend(of(fields(inside, from), scope));
        }
        found.extend(of(of_a_step(inside).into_iter().collect(), Scope::Vault));
    }
    found
}

/// What a step got from a vault: the last name of `fromJSON(steps.x.outputs.vault).NAME`.
fn of_a_step(inside: &str) -> Option<String> {
    let of_step = inside.contains("steps.") && inside.contains(".outputs");
    let name = inside.trim().rsplit(['.', ')']).next()?;
    (of_step && !name.is_empty() && name.chars().all(is_inner)).then(|| name.to_owned())
}

/// The names behind `from.` or in `from['…']`.
fn fields(text: &str, from: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices(from) {
        // `steps.secrets.outputs` is of a step that is called so.
        if text[..at].chars().next_back().is_some_and(|c| is_inner(c) || c == '.') {
            continue;
        }
        let rest = &text[at + from.len()..];
        let name = match rest.chars().next() {
            Some('.') => rest[1..].split(|c| !is_inner(c)).next(),
            Some('[') => rest[1..].split(['\'', '"']).nth(1),
            _ => None,
        };
        names.extend(name.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    names
}

fn is_inner(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn is_variable(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The variables in a shell's text: `$X`, `${X}`, `${X:-y}`, `$env:X`, `${env:X}`, `%X%`.
pub(super) fn shell_names(text: &str) -> Vec<String> {
    let mut names: Vec<(usize, String)> = Vec::new();
    for (at, _) in text.match_indices('$') {
        let rest = text[at + 1..].trim_start_matches(['{', '$']);
        let rest = rest.strip_prefix("env:").or_else(|| rest.strip_prefix("env.")).unwrap_or(rest);
        let len = rest.find(|c| !is_variable(c)).unwrap_or(rest.len());
        let begins = rest.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        // What is called, as `$(id)`, is no variable.
        if begins && len > 0 && !text[at + 1..].starts_with('(') {
            names.push((at, rest[..len].to_owned()));
        }
    }
    let mut parts = text.split('%');
    let mut at = parts.next().map_or(0, str::len);
    while let Some(part) = parts.next() {
        if part.len() > 1 && part.chars().all(is_variable) && parts.clone().next().is_some() {
            names.push((at, part.to_owned()));
        }
        at += 1 + part.len();
    }
    names.sort();
    names.dedup_by(|a, b| a.1 == b.1);
    names.into_iter().map(|(_, name)| name).collect()
}

/// The names in `$(X)`: those of a pipeline's variables at Azure.
pub(super) fn macro_names(text: &str) -> Vec<String> {
    let inside = text.split("$(").skip(1).filter_map(|part| Some(part.split_once(')')?.0.trim()));
    let plain = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| is_variable(c) || c == '.' || c == '-')
    };
    inside.filter(plain).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, syntax: Syntax) -> Vec<String> {
        references(text, syntax).into_iter().map(|it| it.name).collect()
    }

    #[test]
    fn each_system_has_its_own_signs() {
        let text =
            "x ${{ secrets.A }} ${{secrets['B-c'] || vars.D}} ${{ inputs.e }} ${{ github.sha }}";
        assert_eq!(names(text, Syntax::GitHub), ["A", "B-c", "D", "e"]);
        assert_eq!(names("$A ${B} ${C:-d} $(id) $1 a$D", Syntax::Dollar), ["A", "B", "C", "D"]);
        assert_eq!(names("$(SONAR_TOKEN) $(a b) $(x.y)", Syntax::Azure), ["SONAR_TOKEN", "x.y"]);
        assert_eq!(shell_names("$env:A ${env:B} %C_C% 50% of 60% %DD%"), ["A", "B", "C_C", "DD"]);
    }
}
