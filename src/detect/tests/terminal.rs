//! What a terminal, a width or a shell does to a token.

use super::*;

#[test]
fn codes_inside_after_and_around() {
    let mut samples = Samples::new(40);
    for code in [
        "\x1b[0m",
        "\x1b[01;31m\x1b[K",
        "\x1b[m\x1b[K",
        "\x1b]8;;https://x.example/\x1b\\",
        "\x1b_bk;t=1724300002600\x07",
        "\x1b[8mha:////4AAAAnoteAAAA==\x1b[0m",
    ] {
        for cut in 0..=44 {
            let token = samples.user();
            let raw = [&token[..cut], &token[cut..]].join(if cut % 44 == 0 { "" } else { code });
            let blob = format!("{code}x {raw}{code} y\n");
            let found = samples.search(blob.as_bytes());
            assert_eq!(found.candidates.len(), 1, "{cut} {}", blob.escape_debug());
            let one = &found.candidates[0];
            let span = one.span.start as usize..one.span.end as usize;
            assert_eq!(blob[span].replace(code, ""), token, "{cut} {}", blob.escape_debug());
        }
    }
}

#[test]
fn overwritten_and_overstruck_text() {
    let mut samples = Samples::new(41);
    let token = samples.user();
    // A progress bar, the token among its states.
    let bar = format!("\x1b[2K10%\rtoken {token}\r\x1b[2K100%\n");
    samples.holds(bar.as_bytes(), &token, "raw", &token);
    // What is left when the beginning was written last.
    let late = format!("\x1b[0mxxxx{}\r{}\n", &token[4..], &token[..4]);
    let found = samples.search(late.as_bytes());
    assert_eq!(found.candidates.len(), 1, "{}", late.escape_debug());
    assert_eq!(found.candidates[0].layers.to_string(), "ansi");
    // Bold type of a manual page: each letter, a step back, and the letter again.
    let bold: String = token.chars().flat_map(|c| [c, '\x08', c]).collect();
    let found = samples.search(format!("see {bold} there\n").as_bytes());
    assert_eq!(found.candidates.len(), 1);
    let print = Secret::new(token.as_bytes()).fingerprint();
    assert_eq!(found.candidates[0].secret.fingerprint(), print);
}

#[test]
fn lines_broken_at_a_full_width() {
    let mut samples = Samples::new(42);
    for width in [76, 80, 120, 132, 97] {
        for cut in [1, 20, 39] {
            // A bare token, whose pieces say nothing by themselves.
            let token = samples.hex(40);
            let lead = "SONAR_TOKEN=";
            let filler = "x ".repeat(width);
            let before = format!("{}{lead}", &filler[..width - lead.len() - cut]);
            let text = format!("{before}{token} and {}", "more ".repeat(width));
            let stamp = "2025-07-04T14:32:09.5024381Z ";
            let lines = text.as_bytes().chunks(width).map(String::from_utf8_lossy);
            let log: String = lines
                .flat_map(|line| [stamp, &line, "\n"].concat().into_bytes())
                .map(char::from)
                .collect();
            let found = samples.search(log.as_bytes());
            assert_eq!(found.candidates.len(), 1, "{width} {cut} {log}");
            let print = Secret::new(token.as_bytes()).fingerprint();
            assert_eq!(found.candidates[0].secret.fingerprint(), print, "{log}");
        }
    }
}

#[test]
fn quotes_and_prefixes_of_shells_and_tools() {
    let mut samples = Samples::new(43);
    let token = samples.user();
    for line in [
        format!(r"+ curl -H 'X: '\''{token}'\'''"),
        format!(r"+ TOKEN=$'{token}\n'"),
        format!("declare -x SONAR_TOKEN=\"{token}\""),
        format!("set SONAR_TOKEN={token}^&x"),
        format!("svc_1  | token {token}"),
        format!("#12 0.345 {token}"),
        format!("  17: {token}"),
        format!("Nov 24 10:00:00 host app[12]: {token}"),
        format!("{token};other"),
        format!("--token={token}&x=%26"),
    ] {
        samples.holds(line.as_bytes(), &token, "raw", &token);
    }
    // Glued to more of its kind it is no token: what it is, nobody knows.
    for glued in [format!("x{token}"), format!("{token}0"), format!("{token}{}", &token[4..])] {
        assert!(samples.search(glued.as_bytes()).candidates.is_empty(), "{glued}");
    }
}

#[test]
fn what_masks_leave_of_base64() {
    let mut samples = Samples::new(44);
    let token = samples.user();
    let coded = base64(&format!("{token}:"));
    // Jenkins masks a header but for its last characters.
    let left = format!("Authorization: Basic ****{}\n", &coded[coded.len() - 2..]);
    assert!(samples.search(left.as_bytes()).candidates.is_empty());
    // GitHub does not know a header in which the colon follows the token.
    let blob = format!("##[group]Run x\nAuthorization: Basic {coded}\n");
    let found = samples.search(blob.as_bytes());
    assert_eq!(found.candidates.len(), 1);
    assert!(found.candidates[0].layers.to_string().ends_with("base64"));
}

#[test]
fn a_mixed_log_keeps_its_places() {
    let mut samples = Samples::new(45);
    let (wide, plain) = (samples.user(), samples.user());
    let utf16: Vec<u8> =
        format!("SONAR_TOKEN={wide}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let stamp = "2025-07-04T14:32:09.5024381Z ";
    let log = [
        format!("{stamp}first\n").as_bytes(),
        &utf16[..],
        format!("{stamp}\x1b[1mtoken\x1b[0m {plain}\n").as_bytes(),
    ]
    .concat();
    let found = samples.search(&log);
    let lines: Vec<u64> = found.candidates.iter().map(|one| one.position.line).collect();
    assert_eq!(lines, [2, 3], "{found:?}");
}
