//! The configuration for nginx.

use std::fmt::Write;

use super::{ODD, Site, comment};

pub(super) fn write(site: &Site<'_>) -> String {
    let name = site.name();
    let install = [
        format!("It goes into the http block, as /etc/nginx/conf.d/{name}.conf for example."),
        "Put in the certificate, and where the server listens. Then:".to_owned(),
        "  nginx -t && nginx -s reload".to_owned(),
    ];
    let mut out = site.head(&install.each_ref().map(String::as_str));
    listed(site, &name, &mut out);
    credentials(site, &name, &mut out);
    server(site, &name, &mut out);
    out
}

fn listed(site: &Site<'_>, name: &str, out: &mut String) {
    let _ = writeln!(out, "\nmap \"$request_method $request_uri\" ${name}_listed {{");
    let _ = writeln!(out, "    default 0;\n");
    out.push_str(&comment("    ", "Nothing that the server might read as another path."));
    let _ = writeln!(out, "    \"~^[A-Z]+ {ODD}\" 0;");
    for pass in &site.gate().pass {
        let _ = write!(out, "\n{}", comment("    ", &capital(&pass.why)));
        for expression in site.listed(pass) {
            let _ = writeln!(out, "    \"~{expression}(?:\\?|$)\" 1;");
        }
    }
    out.push_str("}\n");
}

fn credentials(site: &Site<'_>, name: &str, out: &mut String) {
    let (schemes, words) = site.schemes();
    out.push('\n');
    out.extend(words.iter().map(|it| comment("", it)));
    let _ = writeln!(
        out,
        "map $http_authorization ${name}_credential {{\n    default 0;\n    \
         \"~*^(?:{schemes}) +[^ ]\" 1;\n}}\n"
    );
    let session = site.session();
    let _ = writeln!(
        out,
        "map $http_cookie ${name}_session {{\n    default 0;\n    \"~{session}\" 1;\n}}\n"
    );
    let _ = writeln!(
        out,
        "map \"${name}_listed${name}_credential${name}_session\" ${name}_passes {{\n    \
         default 1;\n    \"000\" 0;\n}}\n"
    );
    let _ = writeln!(
        out,
        "map \"${name}_passes $request_method $http_accept\" ${name}_refusal {{\n    \
         default \"\";\n    \"~^0 GET .*text/html\" page;\n    \"~^0 \" call;\n}}\n"
    );
    if site.gate().websocket {
        let _ = writeln!(
            out,
            "map $http_upgrade ${name}_connection {{\n    default upgrade;\n    \"\" close;\n}}\n"
        );
    }
}

fn server(site: &Site<'_>, name: &str, out: &mut String) {
    let (endpoint, gate) = (site.endpoint, site.gate());
    let (host, port, context) = (endpoint.host(), endpoint.port(), endpoint.path());
    let _ = writeln!(out, "server {{");
    if endpoint.is_secure() {
        let _ = writeln!(out, "    listen {port} ssl;\n    server_name {host};");
        let _ = writeln!(out, "    ssl_certificate /etc/ssl/{name}/fullchain.pem;");
        let _ = writeln!(out, "    ssl_certificate_key /etc/ssl/{name}/privkey.pem;");
    } else {
        let _ = writeln!(out, "    listen {port};\n    server_name {host};");
    }
    out.push_str(&comment("    ", "What is sent in is large; the server has a limit of its own."));
    let _ = writeln!(out, "    client_max_body_size 0;\n");
    if !context.is_empty() {
        let _ = writeln!(out, "    location = {context} {{ return 302 {context}/; }}\n");
    }
    let _ = writeln!(out, "    location {context}/ {{");
    let _ = writeln!(out, "        default_type text/plain;");
    let _ = writeln!(
        out,
        "        if (${name}_refusal = page) {{ return 302 {context}{}; }}",
        gate.sign_in
    );
    let _ = writeln!(
        out,
        "        if (${name}_refusal = call) {{ return 401 \"Sign in first, or show a token.\\n\"; }}\n"
    );
    let _ = writeln!(out, "        proxy_pass http://127.0.0.1:{};", gate.port);
    let _ = writeln!(out, "        proxy_http_version 1.1;");
    for (header, value) in headers(site, name) {
        let _ = writeln!(out, "        proxy_set_header {header} {value};");
    }
    out.push_str("    }\n}\n");
}

/// What the server is told: who asked for what, and nothing that only a proxy may say.
fn headers(site: &Site<'_>, name: &str) -> Vec<(String, String)> {
    let pair = |header: &str, value: &str| (header.to_owned(), value.to_owned());
    let mut all = vec![
        pair("Host", "$http_host"),
        pair("X-Forwarded-For", "$remote_addr"),
        pair("X-Forwarded-Proto", "$scheme"),
    ];
    if site.gate().websocket {
        all.push(pair("Upgrade", "$http_upgrade"));
        all.push(("Connection".to_owned(), format!("${name}_connection")));
    }
    all.extend(site.gate().drop.iter().map(|header| pair(header, "\"\"")));
    all
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
