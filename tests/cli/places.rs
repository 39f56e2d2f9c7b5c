//! Other places where people keep tokens: found because bytes are read whatever a file's name is.

use std::process::Command;

use serde_json::json;

use crate::support::Fixture;

/// The view through which the one token of this file is found.
#[track_caller]
fn view(name: &str, content: &[u8], token: &str) -> String {
    let fixture = Fixture::new();
    fixture.write(name, content);
    let run = fixture.scan(&["--no-history"]);
    assert_eq!(run.lines("finding").len(), 1, "{name}: {run:#?}");
    assert_eq!(run.lines("problem").len(), 0, "{name}: {run:#?}");
    run.place(token)["view"].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut coded = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let sextet = ALPHABET[(bits >> (18 - 6 * at)) as usize & 63];
            coded.push(if at <= chunk.len() { char::from(sextet) } else { '=' });
        }
    }
    coded
}

#[test]
fn json_of_tools() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let notebook = json!({"cells": [{"cell_type": "code", "source": ["!pysonar -t x\n",
        format!("token = '{token}'\n")]}], "nbformat": 4});
    assert_eq!(view("a.ipynb", notebook.to_string().as_bytes(), &token), "raw");
    let har = json!({"log": {"entries": [{"response": {"content": {"encoding": "base64",
        "text": base64(format!("<b>\n{token}\n</b>").as_bytes())}}}]}});
    assert_eq!(view("a.har", har.to_string().as_bytes(), &token), "base64");
    let state = json!({"resources": [{"type": "sonarqube_user_token",
        "instances": [{"attributes": {"name": "ci", "token": token}}]}]});
    assert_eq!(view("terraform.tfstate", state.to_string().as_bytes(), &token), "raw");
    let inspect = json!([{"Config": {"Env": ["PATH=/bin", format!("SONAR_TOKEN={token}")]}}]);
    assert_eq!(view("inspect.json", inspect.to_string().as_bytes(), &token), "raw");
    let docker = json!({"auths": {"registry.example.com": {"auth":
        base64(format!("ci:{token}").as_bytes())}}});
    assert_eq!(view("config.json", docker.to_string().as_bytes(), &token), "base64");
    let nested = json!({"payload": json!({"k": json!({"t": token}).to_string()}).to_string()});
    assert_eq!(view("nested.json", nested.to_string().as_bytes(), &token), "raw");
}

#[test]
fn binaries_of_programs() {
    let fixture = Fixture::new();
    let token = fixture.token();
    let len = (token.len() as u16).to_be_bytes();
    // A serialised java.util.Properties: strings have a mark and two bytes of length before them.
    let java = [
        b"\xac\xed\0\x05sr\0\x14java.util.Propertiest\0\x0bsonar.tokent",
        &len[..],
        token.as_bytes(),
        b"x",
    ];
    assert_eq!(view("a.ser", &java.concat(), &token), "raw");
    // marshal: a short ASCII string is `z`, its length in one byte, and itself.
    let pyc = [b"\xa7\r\r\n\0\0\0\0\xe3\0\0\0z", &[token.len() as u8][..], token.as_bytes(), b"N)"];
    assert_eq!(view("a.pyc", &pyc.concat(), &token), "raw");
    let core =
        [&b"\x7fELF\x02\x01\x01"[..], &[0; 9000], b"SONAR_TOKEN=", token.as_bytes(), &[0; 900]];
    assert_eq!(view("core.1234", &core.concat(), &token), "raw");
    let wide: Vec<u8> =
        format!("SONAR_TOKEN={token}\0").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let dump = [&b"MDMP\x93\xa7"[..], &[0; 9001], &wide, &[0xff; 900]];
    assert_eq!(view("a.dmp", &dump.concat(), &token), "utf-16");
}

/// Python writes real SQLite files and real byte code; without it this has nothing to try.
#[test]
fn files_that_python_writes() {
    let fixture = Fixture::new();
    let (row, code, long, bare) =
        (fixture.token(), fixture.token(), fixture.token(), fixture.hex(40));
    fixture.write("secret.py", format!("TOKEN = \"{code}\"\n"));
    let script = format!(
        "import sqlite3, py_compile, os\n\
         c = sqlite3.connect('a.db'); c.execute('create table t (k text, v text)')\n\
         rows = (('note', '{row}'), ('sonar.login', '{bare}'), ('x', 'y' * 9000 + ' {long} ' + 'y' * 900))\n\
         c.executemany('insert into t values (?, ?)', rows); c.commit()\n\
         py_compile.compile('secret.py', 'secret.pyc'); os.remove('secret.py')\n"
    );
    let python = Command::new("python3").args(["-c", &script]).current_dir(fixture.root()).status();
    if !python.is_ok_and(|status| status.success()) {
        return;
    }
    let run = fixture.scan(&["--no-history"]);
    assert_eq!(run.place(&row)["member"], "page 2");
    assert_eq!(run.place(&bare)["line"], 2);
    assert_eq!(run.place(&long)["member"], "page 2", "read over its overflow pages");
    assert_eq!(run.place(&code)["path"], "secret.pyc");
}
