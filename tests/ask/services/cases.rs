//! What each service is asked, and what it answers.

/// How a token has to travel.
#[derive(Clone, Copy)]
pub(super) enum Sent {
    Bearer,
    /// A header, and what stands before the token in it.
    Header(&'static str, &'static str),
    /// The user of a Basic header, without a password.
    User,
    /// The password of this user.
    Password(&'static str),
    /// In the body, as this text with `{}` for it.
    Body(&'static str),
    /// In the body, of which this is a part.
    Part(&'static str),
    /// The password of a Basic header, whoever its user is.
    AnyUser,
}

/// One answer: its status, its body (none, a page, or JSON), a header.
pub(super) type Answer = (u16, &'static str, Option<(&'static str, &'static str)>);

pub(super) struct Case {
    pub(super) rule: &'static str,
    pub(super) request: &'static str,
    pub(super) sent: Sent,
    /// What stands near the token besides the rule's own example.
    pub(super) around: &'static str,
    pub(super) live: Vec<Answer>,
    /// What is said of one that is refused: `dead`, if the refusal proves it.
    pub(super) refused: &'static str,
    pub(super) dead: Vec<Answer>,
    pub(super) unknown: Vec<Answer>,
}

pub(super) const fn json(status: u16, body: &'static str) -> Answer {
    (status, body, None)
}

const REFUSED: &[Answer] = &[json(401, r#"{"message":"no"}"#), json(401, "")];
/// A page to sign in, a redirect to one, a firewall, less than the answer, and nothing.
pub(super) const NEVER: [Answer; 7] = [
    json(200, "<html>sign in</html>"),
    (302, "", Some(("location", "https://login.example.invalid/"))),
    json(403, "<html>denied</html>"),
    json(200, r#"{"id":"#),
    json(200, ""),
    json(204, ""),
    json(407, ""),
];
/// Alive, but not allowed to look at that: of most services a 403 says no more.
pub(super) const LIMITED: &[Answer] = &[json(403, r#"{"message":"limited"}"#), json(404, "{}")];

fn case(rule: &'static str, request: &'static str, sent: Sent, live: Vec<Answer>) -> Case {
    Case {
        rule,
        request,
        sent,
        around: "",
        live,
        refused: "dead",
        dead: REFUSED.to_vec(),
        unknown: LIMITED.to_vec(),
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    use Sent::{Bearer, Body, Header, Password, User};
    let token = Header("authorization", "token ");
    vec![
        Case {
            unknown: vec![
                json(403, r#"{"message":"sso"}"#),
                json(200, r#"{"login":""}"#),
                json(200, "{}"),
            ],
            ..case(
                "github-classic-token",
                "GET /user",
                Bearer,
                vec![(200, r#"{"login":"ada"}"#, Some(("x-oauth-scopes", "repo")))],
            )
        },
        case(
            "github-fine-grained-token",
            "GET /user",
            Bearer,
            vec![json(200, r#"{"login":"ada"}"#)],
        ),
        // Not at /app and not at /user, where one that is alive is refused.
        case(
            "github-installation-token",
            "GET /installation/repositories",
            Bearer,
            vec![json(200, r#"{"repositories":[{"full_name":"acme/shop"}]}"#)],
        ),
        Case {
            unknown: vec![
                json(200, r#"{"active":false,"revoked":false}"#),
                json(200, r#"{"active":true,"revoked":true}"#),
                json(403, r#"{"error":"insufficient_scope"}"#),
            ],
            ..case(
                "gitlab-personal-token",
                "GET /api/v4/personal_access_tokens/self",
                Header("private-token", ""),
                vec![json(
                    200,
                    r#"{"id":7,"name":"ci","scopes":["api"],"user_id":42,"active":true,"revoked":false}"#,
                )],
            )
        },
        // Not at /user, which refuses each of them.
        case(
            "gitlab-job-token",
            "GET /api/v4/job",
            Header("job-token", ""),
            vec![json(200, r#"{"id":9,"user":{"username":"ada"}}"#)],
        ),
        Case {
            dead: vec![json(403, r#"{"message":"403 Forbidden"}"#)],
            unknown: vec![json(401, ""), json(404, "{}"), json(200, "{}")],
            ..case(
                "gitlab-runner-token",
                "POST /api/v4/runners/verify",
                Body("token={}"),
                vec![json(200, r#"{"id":12}"#)],
            )
        },
        case(
            "buildkite-user-token",
            "GET /v2/access-token",
            Bearer,
            vec![json(200, r#"{"uuid":"u-1","scopes":["read_builds"],"user":{"name":"Ada"}}"#)],
        ),
        Case {
            around: "https://bitbucket.org/acme/shop\n",
            unknown: vec![json(404, "{}")],
            ..case(
                "bitbucket-access-token",
                "GET /2.0/repositories/acme",
                Bearer,
                vec![
                    json(200, r#"{"values":[]}"#),
                    (403, r#"{"type":"error"}"#, Some(("x-oauth-scopes", "repository"))),
                ],
            )
        },
        Case {
            around: "https://dev.azure.com/acme/shop\n",
            ..case(
                "azure-devops-token-84",
                "GET /acme/_apis/projects",
                Password(""),
                vec![json(200, r#"{"count":1,"value":[]}"#)],
            )
        },
        case(
            "drone-token",
            "GET /api/user",
            Bearer,
            vec![json(200, r#"{"login":"ada","admin":false}"#)],
        ),
        case(
            "teamcity-token",
            "GET /app/rest/users/current",
            Bearer,
            vec![json(200, r#"{"username":"ada"}"#)],
        ),
        Case {
            unknown: vec![json(404, "{}")],
            ..case(
                "octopus-api-key",
                "GET /api/users/me",
                Header("x-octopus-apikey", ""),
                vec![
                    json(200, r#"{"Username":"ada"}"#),
                    json(403, r#"{"ErrorMessage":"no permission"}"#),
                ],
            )
        },
        // The account stands in the token.
        case(
            "harness-personal-token",
            "GET /ng/api/accounts/*",
            Header("x-api-key", ""),
            vec![json(200, r#"{"status":"SUCCESS"}"#)],
        ),
        case(
            "mergify-application-key",
            "GET /v1/application",
            Bearer,
            vec![json(200, r#"{"name":"ci"}"#)],
        ),
        // An upload token at the list of pulls, not at the API for users, which refuses each.
        Case {
            around: "https://codecov.io/gh/acme/shop\n",
            unknown: vec![json(400, "{}")],
            ..case(
                "codecov-upload-token",
                "GET /api/v1/github/codecov/codecov-action/pulls/",
                token,
                vec![
                    json(200, "[]"),
                    json(403, r#"{"detail":"no"}"#),
                    json(404, r#"{"detail":"no"}"#),
                ],
            )
        },
        case(
            "codecov-api-token",
            "GET /api/v2/github/",
            Bearer,
            vec![json(200, r#"{"results":[]}"#)],
        ),
        case(
            "codacy-account-token",
            "GET /api/v3/user",
            Header("api-token", ""),
            vec![json(200, r#"{"data":{"name":"Ada"}}"#)],
        ),
        Case {
            unknown: vec![
                json(200, r#"{"errors":[{}],"data":null}"#),
                json(200, r#"{"data":{"viewer":null}}"#),
            ],
            ..case(
                "deepsource-personal-token",
                "POST /graphql/",
                Bearer,
                vec![json(200, r#"{"data":{"viewer":{"email":"ada@acme.example"}}}"#)],
            )
        },
        case(
            "coderabbit-api-key",
            "GET /v1/seats/",
            Header("x-coderabbitai-api-key", ""),
            vec![json(200, r#"{"seats":[]}"#)],
        ),
        // A UUID goes with `token`, a newer one with `Bearer`.
        case(
            "snyk-api-token",
            "GET /rest/self?version=2024-10-15",
            token,
            vec![json(200, r#"{"data":{"attributes":{"username":"ada"}}}"#)],
        ),
        case(
            "snyk-personal-token",
            "GET /rest/self?version=2024-10-15",
            Bearer,
            vec![json(200, r#"{"data":{"attributes":{"username":"ada"}}}"#)],
        ),
        case(
            "semgrep-app-token",
            "GET /api/agent/deployments/current",
            Bearer,
            vec![json(200, r#"{"deployment":{"id":7,"name":"acme"}}"#)],
        ),
        case(
            "fossa-api-key",
            "GET /api/cli/organization",
            Bearer,
            vec![json(200, r#"{"organizationId":1}"#)],
        ),
        case("socket-api-token", "GET /v0/quota", User, vec![json(200, r#"{"quota":1000}"#)]),
        Case {
            dead: vec![
                json(401, "{}"),
                json(200, r#"{"status":"revoked"}"#),
                json(200, r#"{"status":"expired"}"#),
            ],
            unknown: vec![json(200, r#"{"status":"paused"}"#), json(200, "{}"), json(403, "{}")],
            ..case(
                "gitguardian-api-key",
                "GET /v1/api_tokens/self",
                Header("authorization", "Token "),
                vec![json(
                    200,
                    r#"{"name":"ci","workspace_id":7,"status":"active","scopes":["scan"]}"#,
                )],
            )
        },
        Case {
            dead: vec![json(401, r#"{"errorMessage":"no"}"#)],
            unknown: vec![json(401, ""), json(403, "{}"), json(200, "{}")],
            ..case(
                "black-duck-api-token",
                "POST /api/tokens/authenticate",
                token,
                vec![json(200, r#"{"bearerToken":"x","expiresInMilliseconds":7199999}"#)],
            )
        },
        case(
            "jfrog-api-key",
            "GET /artifactory/api/security/apiKey",
            Header("x-jfrog-art-api", ""),
            vec![json(200, r#"{"apiKey":"hidden"}"#)],
        ),
        case(
            "jfrog-reference-token",
            "GET /access/api/v1/tokens/me",
            Bearer,
            vec![json(200, r#"{"token_id":"t-1","subject":"jfac@x/users/ada"}"#)],
        ),
        case(
            "defectdojo-api-token",
            "GET /api/v2/user_profile/",
            Header("authorization", "Token "),
            vec![json(200, r#"{"user":{"username":"ada"}}"#)],
        ),
        // Refused with 403, which proves something only with JSON.
        Case {
            dead: vec![json(403, r#"{"errors":["Forbidden"]}"#)],
            unknown: vec![json(200, r#"{"valid":false}"#), json(401, "{}")],
            ..case(
                "datadog-api-key",
                "GET /api/v1/validate",
                Header("dd-api-key", ""),
                vec![json(200, r#"{"valid":true}"#)],
            )
        },
        case(
            "datadog-personal-access-token",
            "GET /api/v2/current_user",
            Bearer,
            vec![json(200, r#"{"data":{"id":"u"}}"#)],
        ),
        Case {
            unknown: vec![json(200, r#"{"data":{"actor":null}}"#), json(403, "{}")],
            ..case(
                "new-relic-user-key",
                "POST /graphql",
                Header("api-key", ""),
                vec![json(200, r#"{"data":{"actor":{"user":{"email":"ada@acme.example"}}}}"#)],
            )
        },
        // What nobody gets says no scopes.
        Case {
            unknown: vec![json(200, r#"{"version":"0","auth":null,"user":null}"#), json(403, "{}")],
            ..case(
                "sentry-user-token",
                "GET /api/0/",
                Bearer,
                vec![json(
                    200,
                    r#"{"version":"0","auth":{"scopes":["project:read"]},"user":null}"#,
                )],
            )
        },
        case(
            "grafana-service-account-token",
            "GET /api/access-control/user/permissions",
            Bearer,
            vec![json(200, r#"{"dashboards:read":["dashboards:*"]}"#)],
        ),
        case(
            "doppler-cli-token",
            "GET /v3/me",
            Bearer,
            vec![json(200, r#"{"workplace":{"name":"acme"}}"#)],
        ),
        case(
            "terraform-cloud-token",
            "GET /api/v2/account/details",
            Bearer,
            vec![json(200, r#"{"data":{"attributes":{"username":"ada"}}}"#)],
        ),
        case(
            "pulumi-access-token",
            "GET /api/user",
            Bearer,
            vec![json(200, r#"{"githubLogin":"ada"}"#)],
        ),
        case(
            "percy-token",
            "GET /api/v1/projects",
            Header("authorization", "Token token="),
            vec![json(200, r#"{"data":[]}"#)],
        ),
        case(
            "browserstack-access-key",
            "GET /automate/plan.json",
            Password("ada_x1y2z3"),
            vec![json(200, r#"{"automate_plan":"Desktop"}"#)],
        ),
        case(
            "sauce-labs-access-key",
            "GET /team-management/v1/teams",
            Password("ada"),
            vec![json(200, r#"{"count":1}"#)],
        ),
        case(
            "launchdarkly-api-token",
            "GET /api/v2/caller-identity",
            Header("authorization", ""),
            vec![json(200, r#"{"accountId":"a","tokenId":"t","tokenName":"ci"}"#)],
        ),
        // Slack says 200 to everybody, and why in the answer.
        Case {
            dead: vec![
                json(200, r#"{"ok":false,"error":"invalid_auth"}"#),
                json(200, r#"{"ok":false,"error":"token_revoked"}"#),
                json(200, r#"{"ok":false,"error":"token_expired"}"#),
                json(200, r#"{"ok":false,"error":"account_inactive"}"#),
            ],
            unknown: vec![
                json(200, r#"{"ok":false,"error":"ratelimited"}"#),
                json(401, "{}"),
                json(200, "{}"),
            ],
            ..case(
                "slack-bot-token",
                "POST /api/auth.test",
                Bearer,
                vec![(
                    200,
                    r#"{"ok":true,"team":"acme","user":"ada"}"#,
                    Some(("x-oauth-scopes", "chat:write")),
                )],
            )
        },
    ]
}
