//! The configuration for Apache's server.

use std::fmt::Write;

use super::{ODD, Site, comment};

pub(super) fn write(site: &Site<'_>) -> String {
    let name = site.name();
    let secure = site.endpoint.is_secure();
    let modules = if secure {
        "headers proxy proxy_http rewrite ssl"
    } else {
        "headers proxy proxy_http rewrite"
    };
    let install = [
        format!(
            "On Debian it goes into /etc/apache2/sites-available/{name}.conf; it needs 2.4.47 or later."
        ),
        "Put in the certificate, and where the server listens. Then:".to_owned(),
        format!("  a2enmod {modules} && a2ensite {name}"),
        "  apachectl configtest && apachectl graceful".to_owned(),
    ];
    let mut out = site.head(&install.each_ref().map(String::as_str));
    out.push('\n');
    let port = site.endpoint.port();
    // Debian listens on these two by itself.
    if ![80, 443].contains(&port) {
        let _ = writeln!(out, "Listen {port}\n");
    }
    let _ = writeln!(out, "<VirtualHost *:{port}>\n    ServerName {}", site.endpoint.host());
    if secure {
        let _ =
            writeln!(out, "    SSLEngine on\n    SSLCertificateFile /etc/ssl/{name}/fullchain.pem");
        let _ = writeln!(out, "    SSLCertificateKeyFile /etc/ssl/{name}/privkey.pem");
    }
    listed(site, &mut out);
    credentials(site, &mut out);
    refusals(site, &mut out);
    proxy(site, &mut out);
    out.push_str("</VirtualHost>\n");
    out
}

fn listed(site: &Site<'_>, out: &mut String) {
    let _ = writeln!(out, "\n    RewriteEngine On");
    for pass in &site.gate().pass {
        let _ = write!(out, "\n{}", comment("    ", &format!("Passes: {}.", pass.why)));
        let all = site.listed(pass);
        for (at, expression) in all.iter().enumerate() {
            let or = if at + 1 < all.len() { " [OR]" } else { "" };
            let _ = writeln!(
                out,
                "    RewriteCond %{{THE_REQUEST}} \"{expression}(?:\\?[^ ]*)? HTTP/\"{or}"
            );
        }
        let _ = writeln!(out, "    RewriteRule ^ - [E=squelch_passes:1]");
    }
    let odd = "Nothing that the server might read as another path.";
    let _ = write!(out, "\n{}", comment("    ", odd));
    let _ = writeln!(out, "    RewriteCond %{{THE_REQUEST}} \"^[A-Z]+ {ODD}\"");
    let _ = writeln!(out, "    RewriteRule ^ - [E=!squelch_passes]");
}

fn credentials(site: &Site<'_>, out: &mut String) {
    let (schemes, words) = site.schemes();
    let _ = write!(out, "\n{}", comment("    ", "Passes: whoever shows a credential."));
    out.extend(words.iter().map(|it| comment("    ", it)));
    let _ =
        writeln!(out, "    RewriteCond %{{HTTP:Authorization}} \"^(?:{schemes}) +[^ ]\" [NC,OR]");
    let _ = writeln!(out, "    RewriteCond %{{HTTP:Cookie}} \"{}\"", site.session());
    let _ = writeln!(out, "    RewriteRule ^ - [E=squelch_passes:1]");
}

fn refusals(site: &Site<'_>, out: &mut String) {
    let (context, sign_in) = (site.endpoint.path(), &site.gate().sign_in);
    let _ = write!(
        out,
        "\n{}",
        comment("    ", "Everybody else: browsers sign in, programs get a 401.")
    );
    let _ = writeln!(out, "    RewriteCond %{{ENV:squelch_passes}} !=1");
    let _ = writeln!(out, "    RewriteCond %{{REQUEST_METHOD}} =GET");
    let _ = writeln!(out, "    RewriteCond %{{HTTP:Accept}} text/html");
    let _ = writeln!(out, "    RewriteRule ^ {context}{sign_in} [R=302,L,QSD]");
    let _ = writeln!(out, "    RewriteCond %{{ENV:squelch_passes}} !=1");
    let _ = writeln!(out, "    RewriteRule ^ - [R=401,L]");
    let _ = writeln!(out, "    ErrorDocument 401 \"Sign in first, or show a token.\"");
    if !context.is_empty() {
        let _ = writeln!(out, "    RewriteRule ^{context}$ {context}/ [R=302,L]");
    }
}

fn proxy(site: &Site<'_>, out: &mut String) {
    let (context, gate) = (site.endpoint.path(), site.gate());
    let to = format!("http://127.0.0.1:{}{context}/", gate.port);
    let upgrade = if gate.websocket { " upgrade=websocket" } else { "" };
    let _ = writeln!(out, "\n    ProxyRequests Off\n    ProxyPreserveHost On");
    let _ = writeln!(out, "    AllowEncodedSlashes NoDecode");
    let _ = writeln!(out, "    ProxyPass \"{context}/\" \"{to}\" nocanon{upgrade}");
    let _ = writeln!(out, "    ProxyPassReverse \"{context}/\" \"{to}\"");
    let scheme = if site.endpoint.is_secure() { "https" } else { "http" };
    let _ = writeln!(out, "    RequestHeader set X-Forwarded-Proto {scheme}");
    let taken = "Nothing that only a proxy may say. X-Forwarded-For is set anew on the way out.";
    out.push_str(&comment("    ", taken));
    let own = "X-Forwarded-For".to_owned();
    for header in [&own].into_iter().chain(&gate.drop) {
        let _ = writeln!(out, "    RequestHeader unset {header}");
    }
}
