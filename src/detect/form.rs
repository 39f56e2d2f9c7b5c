//! How a value stands in a command or a URL: as the password or the user of a pair.

use crate::rule::Form;

/// The longest user name that is read: Jenkins and LDAP allow more, nobody has more.
const USER: usize = 64;

/// The form a value has, and the user that stands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Formed {
    pub(super) form: Form,
    pub(super) user: Option<String>,
}

/// Reads the form of `bytes[start..end]`, if it has one.
pub(super) fn form(bytes: &[u8], start: usize, end: usize) -> Option<Formed> {
    let left = &bytes[start.saturating_sub(2 * USER)..start];
    let right = &bytes[end..];
    if let Some(before) = left.strip_suffix(b":") {
        let len = before.iter().rev().take(USER).take_while(|byte| is_user(**byte)).count();
        let (lead, user) = before.split_at(before.len() - len);
        let pair = asks_user(lead) || in_url(lead) && right.starts_with(b"@");
        let user = (len > 0).then(|| String::from_utf8_lossy(user).into_owned());
        return (pair && user.is_some()).then_some(Formed { form: Form::UserPair, user });
    }
    let in_command = asks_user(left) && right.starts_with(b":");
    let in_link = in_url(left) && (right.starts_with(b"@") || right.starts_with(b":"));
    (in_command || in_link).then_some(Formed { form: Form::UserName, user: None })
}

fn is_user(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._%+-@\\".contains(&byte) || byte >= 0x80
}

fn in_url(left: &[u8]) -> bool {
    left.ends_with(b"http://") || left.ends_with(b"https://")
}

/// Whether `left` ends in a flag or a scheme that takes `user:password`, and its quotes. What
/// follows `Basic` is base64 and was decoded in its place.
fn asks_user(left: &[u8]) -> bool {
    let open = |byte: &u8| matches!(byte, b' ' | b'=' | b'"' | b'\'' | b'\\' | b',' | b'\t');
    let gap = left.iter().rev().take(8).take_while(|byte| open(byte)).count();
    let flag = &left[..left.len() - gap];
    [&b"-u"[..], b"--user", b"-auth", b"--auth", b"Basic", b"basic"].iter().any(|wanted| {
        flag.strip_suffix(*wanted).is_some_and(|before| {
            !before.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Form, String)> {
        let at = text.find("TOKEN").expect("a value in the sample");
        form(text.as_bytes(), at, at + 5).map(|it| (it.form, it.user.unwrap_or_default()))
    }

    #[test]
    fn pairs_in_commands_and_links() {
        let ada = Some((Form::UserPair, "ada".to_owned()));
        assert_eq!(read("curl --user ada:TOKEN"), ada);
        assert_eq!(read("curl -u 'ada:TOKEN' x"), ada);
        assert_eq!(read("[\"-u\", \"ada:TOKEN\"]"), ada);
        assert_eq!(read("java -jar cli.jar -auth ada:TOKEN"), ada);
        assert_eq!(read("https://ada:TOKEN@host/"), ada);
        assert_eq!(read("Authorization: Basic ada:TOKEN"), ada);
    }

    #[test]
    fn tokens_as_users() {
        let name = Some((Form::UserName, String::new()));
        assert_eq!(read("curl -u TOKEN: x"), name);
        assert_eq!(read("curl -u \"TOKEN:\" x"), name);
        assert_eq!(read("https://TOKEN@host/"), name);
    }

    #[test]
    fn nothing_else() {
        for text in ["a:TOKEN", "-su ada:TOKEN", "https://ada:TOKEN/", "-u TOKEN", "x TOKEN:"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
