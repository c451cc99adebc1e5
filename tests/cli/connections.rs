//! `connection`: from an app's client id to an account that calls, and all that can go wrong on the way.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use serde_json::{Value, json};
use url::Url;
use x_connector_host::simulator::{
    CONFIDENTIAL_API_KEY, CONFIDENTIAL_API_SECRET, CONFIDENTIAL_CLIENT_ID, CONFIDENTIAL_CLIENT_SECRET, Decision, Effect, Fault,
    PUBLIC_CLIENT_ID,
};

use crate::program::{Ran, Running, TOKEN, World, run, run_with_input};

const MAKER: u64 = 1_811_000_000_000_000_001;

impl World {
    /// A command with a store of its own, and no connection in the environment.
    fn stored(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env_remove("X_ACCESS_TOKEN").env_remove("X_API_BASE_URL").env("X_CONNECTOR_STORE", self.directory.path().join("store"));
        command
    }

    fn connection(&self, arguments: &[&str]) -> Ran {
        run(&mut self.stored(&[&["connection"], arguments].concat()))
    }

    /// Adds a connection that leads to this X.
    fn add(&self, name: &str, arguments: &[&str], secrets: &Value) {
        let set = format!("X_API_BASE_URL={}", self.base_url());
        let arguments = [&["connection", "add", name, "--set", &set, "--stdin"], arguments].concat();
        let added = run_with_input(&mut self.stored(&arguments), secrets.to_string().as_bytes()).output();
        assert_eq!(added["added"], true);
    }

    fn add_public(&self, name: &str) {
        self.add(name, &["--client-id", PUBLIC_CLIENT_ID], &json!({}));
    }

    fn add_confidential(&self, name: &str) {
        let secrets = json!({ "X_CLIENT_SECRET": CONFIDENTIAL_CLIENT_SECRET });
        self.add(name, &["--client-id", CONFIDENTIAL_CLIENT_ID, "--kind", "confidential"], &secrets);
    }

    /// Begins a login on a free port, which it registers for the app.
    fn begin(&self, name: &str, client_id: &str, arguments: &[&str]) -> (Running, Value) {
        let login = Running::start(&mut self.stored(&[&["connection", "login", name, "--port", "0"], arguments].concat()));
        let told = login.json();
        assert!(self.simulator.register_redirect(client_id, told["redirect_uri"].as_str().expect("an address")));
        (login, told)
    }

    /// Logs in as a browser would that agrees.
    fn login(&self, name: &str, client_id: &str, arguments: &[&str]) -> Value {
        let (login, told) = self.begin(name, client_id, arguments);
        let back = self.decide(&told, Decision::Authorize(MAKER));
        let page = get(&back);
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("@maker is connected"), "{page}");
        let (status, lines, stderr) = login.end();
        assert!(status.success() && stderr.is_empty(), "{stderr}");
        serde_json::from_str(&lines[0]).expect("JSON")
    }

    /// Where the browser is sent from the consent page.
    fn decide(&self, told: &Value, decision: Decision) -> String {
        let url = told["authorization_url"].as_str().expect("an address");
        self.block_on(self.simulator.decide(url, decision)).expect("the page takes it")
    }
}

/// What the browser sees at an address of this machine.
fn get(url: &str) -> String {
    let url = Url::parse(url).expect("an address");
    let authority = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
    let mut stream = TcpStream::connect(&authority).expect("it listens");
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    write!(stream, "GET {target} HTTP/1.1\r\nhost: {authority}\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn failed(login: Running) -> Value {
    let (status, lines, stderr) = login.end();
    assert_eq!((status.code(), lines.len()), (Some(1), 0), "{stderr}");
    serde_json::from_str::<Value>(&stderr).expect("JSON")["error"].clone()
}

#[test]
fn both_kinds_of_client_log_in_and_verify_tells_account_and_scopes() {
    let world = World::new();
    world.add_public("public");
    world.add_confidential("confidential");
    for (name, client_id) in [("public", PUBLIC_CLIENT_ID), ("confidential", CONFIDENTIAL_CLIENT_ID)] {
        let connected = world.login(name, client_id, &[]);
        assert_eq!(connected["connection"]["account"], json!({"id": MAKER.to_string(), "username": "maker"}));
        let verified = world.connection(&["verify", name]).output();
        assert_eq!((&verified["usable"], &verified["account"]["username"]), (&json!(true), &json!("maker")));
        assert!(verified["granted_scopes"].as_array().is_some_and(|scopes| scopes.contains(&json!("dm.write"))), "{verified}");
        let posted =
            run(&mut world.stored(&["--connection", name, "call", "createPost", "--param", &format!("text=from {name}")])).output();
        assert_eq!(posted["receipt"]["outcome"], "done");
    }
    let listed = world.connection(&["list"]).output();
    let names: Vec<_> = listed.as_array().expect("a list").iter().map(|one| (&one["name"], &one["status"])).collect();
    assert_eq!(names, [(&json!("confidential"), &json!("ready")), (&json!("public"), &json!("ready"))]);
    assert_eq!(world.simulator.authorization_counts().code_calls, 2);
}

#[test]
fn only_the_scopes_of_the_named_operations_are_asked_for() {
    let world = World::new();
    world.add_public("reader");
    let (login, told) = world.begin("reader", PUBLIC_CLIENT_ID, &["--operations", "newPost"]);
    assert_eq!(told["scopes"], json!(["tweet.read", "users.read", "offline.access"]));
    get(&world.decide(&told, Decision::Authorize(MAKER)));
    assert!(login.end().0.success());
    let verified = world.connection(&["verify", "reader", "--operations", "createPost"]);
    assert_eq!(verified.code, Some(1));
    let said: Value = serde_json::from_str(&verified.stderr).expect("JSON");
    assert_eq!(said["error"]["code"], "missing-scopes");
    let refused = run(&mut world.stored(&["--connection", "reader", "call", "createPost", "--param", "text=hello"])).error();
    assert_eq!(refused["code"], "missing-scopes");
    assert_eq!(world.simulator.calls("POST", "/2/tweets"), 0, "refused before anything was sent");
}

#[test]
fn a_strangers_callback_costs_no_token_call() {
    let world = World::new();
    world.add_public("acme");
    for (query, code) in [("state=other&code=c", "other-authorization"), ("code=c", "other-authorization")] {
        let (login, told) = world.begin("acme", PUBLIC_CLIENT_ID, &[]);
        let page = get(&format!("{}?{query}", told["redirect_uri"].as_str().expect("an address")));
        assert!(page.starts_with("HTTP/1.1 400"), "{page}");
        assert_eq!(failed(login)["code"], code, "{query}");
    }
    let (login, told) = world.begin("acme", PUBLIC_CLIENT_ID, &[]);
    let page = get(&world.decide(&told, Decision::Cancel));
    assert!(page.contains("Not connected"), "{page}");
    assert_eq!(failed(login)["code"], "authorization-denied");
    assert_eq!(world.simulator.authorization_counts().code_calls, 0);
    assert_eq!(world.connection(&["list"]).output()[0]["status"], "not connected");
}

#[test]
fn a_connection_that_is_renamed_while_the_browser_is_open_gets_its_tokens() {
    let world = World::new();
    world.add_public("acme");
    let (login, told) = world.begin("acme", PUBLIC_CLIENT_ID, &[]);
    let back = world.decide(&told, Decision::Authorize(MAKER));
    world.connection(&["rename", "acme", "beta"]).output();
    assert!(get(&back).starts_with("HTTP/1.1 200"));
    assert!(login.end().0.success());
    let listed = world.connection(&["list"]).output();
    assert_eq!((&listed[0]["name"], &listed[0]["status"]), (&json!("beta"), &json!("ready")));
    // One that was removed meanwhile leaves no token alive at X.
    let (login, told) = world.begin("beta", PUBLIC_CLIENT_ID, &[]);
    let back = world.decide(&told, Decision::Authorize(MAKER));
    world.connection(&["remove", "beta"]).output();
    assert!(get(&back).starts_with("HTTP/1.1 400"));
    let error = failed(login);
    assert!(error["message"].as_str().is_some_and(|message| message.contains("taken back at X")), "{error}");
    assert_eq!(world.simulator.authorization_counts().revocations, 1);
}

#[test]
fn another_account_takes_the_place_of_the_one_before() {
    let world = World::new();
    world.add_public("acme");
    world.login("acme", PUBLIC_CLIENT_ID, &[]);
    let (login, told) = world.begin("acme", PUBLIC_CLIENT_ID, &[]);
    get(&world.decide(&told, Decision::Authorize(1_811_000_000_000_000_002)));
    let (status, lines, _) = login.end();
    assert!(status.success());
    let connected: Value = serde_json::from_str(&lines[0]).expect("JSON");
    assert_eq!(connected["connection"]["account"]["username"], "friend");
    let findings = connected["findings"].as_array().expect("a list");
    assert!(findings.iter().all(|finding| finding["severity"] != "problem"), "{connected}");
}

#[test]
fn a_code_that_comes_too_late_is_refused_and_said_so() {
    let world = World::new();
    world.add_public("acme");
    let (login, told) = world.begin("acme", PUBLIC_CLIENT_ID, &[]);
    let back = world.decide(&told, Decision::Authorize(MAKER));
    world.simulator.clock().advance(std::time::Duration::from_secs(31));
    assert!(get(&back).starts_with("HTTP/1.1 400"));
    assert_eq!(failed(login)["code"], "authorization-code-refused");
}

#[test]
fn the_address_can_be_pasted_where_there_is_no_browser() {
    let world = World::new();
    world.add_public("acme");
    let mut command = world.stored(&["connection", "login", "acme", "--paste"]);
    let login = Running::start_with_input(&mut command);
    let told = login.json();
    let back = world.decide(&told, Decision::Authorize(MAKER));
    login.write(&format!("{back}\n"));
    let (status, lines, stderr) = login.end();
    assert!(status.success(), "{stderr}");
    assert!(lines[0].contains("\"username\":\"maker\""), "{lines:?}");
}

#[test]
fn a_client_of_the_wrong_kind_is_told_what_is_missing() {
    let world = World::new();
    // Confidential, and added as if it were public.
    world.add("acme", &["--client-id", CONFIDENTIAL_CLIENT_ID], &json!({}));
    let (login, told) = world.begin("acme", CONFIDENTIAL_CLIENT_ID, &[]);
    assert!(get(&world.decide(&told, Decision::Authorize(MAKER))).starts_with("HTTP/1.1 400"));
    let error = failed(login);
    assert_eq!((&error["code"], &error["who_must_act"]), (&json!("wrong-client-kind"), &json!("app_owner")));
}

#[test]
fn an_access_token_that_ended_is_refreshed_once_and_the_call_goes_through() {
    let world = World::new();
    world.add_public("acme");
    world.login("acme", PUBLIC_CLIENT_ID, &[]);
    world.simulator.clock().advance(std::time::Duration::from_secs(3 * 3600));
    let posted = run(&mut world.stored(&["--connection", "acme", "call", "createPost", "--param", "text=later"])).output();
    assert_eq!(posted["data"]["text"], "later");
    let counts = world.simulator.authorization_counts();
    assert_eq!((counts.refreshes, counts.replays), (1, 0));
    let refreshed = world.connection(&["refresh", "acme"]).output();
    assert_eq!(refreshed["refreshed"], true);
    assert_eq!(world.simulator.authorization_counts().refreshes, 2);
}

#[test]
fn an_answer_that_was_lost_loses_no_connection_when_x_had_not_rotated() {
    let world = World::new();
    world.add_public("acme");
    world.login("acme", PUBLIC_CLIENT_ID, &[]);
    world.simulator.add_fault(Fault::at("POST", "/2/oauth2/token", Effect::Reset).next(1));
    // The same token is sent once more.
    assert_eq!(world.connection(&["refresh", "acme"]).output()["refreshed"], true);
    assert_eq!(world.simulator.authorization_counts().refreshes, 1);
    // X is away: nothing is marked, and the next attempt works.
    world.simulator.add_fault(Fault::at("POST", "/2/oauth2/token", Effect::Status(503.try_into().expect("a status"), json!({}))).next(1));
    assert_eq!(world.connection(&["refresh", "acme"]).error()["code"], "refresh-unavailable");
    assert_eq!(world.connection(&["list"]).output()[0]["status"], "ready");
    assert_eq!(world.connection(&["refresh", "acme"]).output()["refreshed"], true);
}

#[test]
fn a_token_that_x_took_back_marks_the_connection_and_a_login_mends_it() {
    let world = World::new();
    world.add_public("acme");
    world.login("acme", PUBLIC_CLIENT_ID, &[]);
    let issued = world.simulator.issued_secrets();
    assert!(issued.iter().any(|token| world.simulator.end_family(token)));
    let error = world.connection(&["refresh", "acme"]).error();
    assert_eq!((&error["code"], &error["who_must_act"]), (&json!("reconnect-needed"), &json!("account_owner")));
    assert_eq!(world.connection(&["list"]).output()[0]["status"], "reconnect needed");
    let error = run(&mut world.stored(&["--connection", "acme", "call", "createPost", "--param", "text=x"])).error();
    assert_eq!(error["code"], "reconnect-needed");
    let verified = world.connection(&["verify", "acme"]);
    assert_eq!(verified.code, Some(1), "{verified:?}");
    assert!(verified.stdout.contains("\"usable\":false") && verified.stdout.contains("reconnect-needed"), "{verified:?}");
    world.login("acme", PUBLIC_CLIENT_ID, &[]);
    assert_eq!(world.connection(&["list"]).output()[0]["status"], "ready");
}

#[test]
fn logout_takes_the_tokens_back_and_remove_forgets_the_connection() {
    let world = World::new();
    world.add_public("acme");
    world.login("acme", PUBLIC_CLIENT_ID, &[]);
    let out = world.connection(&["logout", "acme"]).output();
    assert_eq!((&out["revoked_at_x"], &out["connection"]["status"]), (&json!(true), &json!("not connected")));
    assert_eq!(world.simulator.authorization_counts().revocations, 1);
    assert_eq!(world.connection(&["logout", "acme"]).error()["code"], "not-connected");
    assert_eq!(world.connection(&["rename", "acme", "beta"]).output()["name"], "beta");
    assert_eq!(world.connection(&["refresh", "acme"]).error()["code"], "unknown-connection");
    assert_eq!(world.connection(&["remove", "beta"]).output()["removed"], true);
    assert_eq!(world.connection(&["list"]).output(), json!([]));
}

#[test]
fn a_connection_moves_as_four_settings_and_its_old_tokens_are_refused() {
    let world = World::new();
    world.add_public("acme");
    world.login("acme", PUBLIC_CLIENT_ID, &[]);
    let old = world.connection(&["export", "acme"]).output();
    let names: Vec<_> = old.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["clientId", "credentialId", "encryptedRecord", "serviceId"]);
    assert_eq!(world.connection(&["refresh", "acme"]).output()["refreshed"], true);
    world.file("old.json", old.to_string());
    assert_eq!(world.connection(&["import", "acme", "old.json"]).error()["code"], "settings-older");
    let new = world.connection(&["export", "acme"]).output();
    world.file("new.json", new.to_string());
    assert_eq!(world.connection(&["import", "acme", "new.json"]).output()["imported"], "unchanged");
    world.connection(&["remove", "acme"]).output();
    let base = format!("X_API_BASE_URL={}", world.base_url());
    assert_eq!(world.connection(&["import", "again", "new.json", "--environment"]).error()["code"], "missing-secret");
    assert_eq!(world.connection(&["import", "again", "new.json", "--set", &base]).output()["imported"], "added");
    assert_eq!(world.connection(&["refresh", "again"]).output()["refreshed"], true);
    // A record of another connection, an altered one, and what is none.
    let mut other = new.clone();
    other["credentialId"] = "0123456789abcdef0123456789abcdef".into();
    world.file("other.json", other.to_string());
    assert_eq!(world.connection(&["import", "other", "other.json"]).error()["code"], "record-of-another-connection");
    let mut altered = new;
    let record = altered["encryptedRecord"].as_str().expect("text").to_owned();
    let last = if record.ends_with('A') { 'Q' } else { 'A' };
    altered["encryptedRecord"] = format!("{}{last}", &record[..record.len() - 1]).into();
    world.file("altered.json", altered.to_string());
    let code = world.connection(&["import", "altered", "altered.json"]).error()["code"].clone();
    assert!(["record-tampered", "record-cut", "not-settings"].contains(&code.as_str().expect("a code")), "{code}");
    world.file("none.json", "{}");
    assert_eq!(world.connection(&["import", "none", "none.json"]).error()["code"], "not-settings");
}

#[test]
fn oauth1_logs_in_calls_and_is_exchanged_for_oauth2_tokens() {
    let world = World::new();
    let secrets = json!({ "X_API_KEY": CONFIDENTIAL_API_KEY, "X_API_SECRET": CONFIDENTIAL_API_SECRET, "X_CLIENT_SECRET": CONFIDENTIAL_CLIENT_SECRET });
    world.add("old", &["--kind", "oauth1"], &secrets);
    // Without a listener X shows a PIN.
    let login = Running::start_with_input(&mut world.stored(&["connection", "login", "old", "--paste"]));
    let told = login.json();
    assert_eq!(told["redirect_uri"], "oob");
    let pin = world.decide(&told, Decision::Authorize(MAKER));
    login.write(&format!("{pin}\n"));
    let (status, lines, stderr) = login.end();
    assert!(status.success(), "{stderr}");
    let connected: Value = serde_json::from_str(&lines[0]).expect("JSON");
    assert_eq!(connected["connection"]["kinds"], json!(["oauth1_user"]));
    let posted = run(&mut world.stored(&["--connection", "old", "call", "createPost", "--param", "text=signed"])).output();
    assert_eq!(posted["data"]["text"], "signed");
}

#[test]
fn an_app_alone_reads_and_is_told_that_it_cannot_write() {
    let world = World::new();
    world.add("app", &["--kind", "app-only"], &json!({ "X_API_KEY": CONFIDENTIAL_API_KEY, "X_API_SECRET": CONFIDENTIAL_API_SECRET }));
    let connected = world.connection(&["login", "app", "--app-only"]).output();
    assert_eq!(connected["connection"]["kinds"], json!(["app_only"]));
    let polled = run(&mut world.stored(&["--connection", "app", "poll", "newPost", "--param", "username=maker"])).output();
    assert_eq!(polled["items"], json!([]));
    let error = run(&mut world.stored(&["--connection", "app", "call", "createPost", "--param", "text=x"])).error();
    assert_eq!((&error["case"], &error["code"]), (&json!("permanent-unauthorized"), &json!("missing-credential")));
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let world = World::new();
    world.add_public("acme");
    let code = |arguments: &[&str]| world.connection(arguments).error()["code"].clone();
    assert_eq!(code(&["add", "b", "--client-id", "x", "--set", "X_CLIENT_SECRET=s"]), "secret-as-argument");
    assert_eq!(code(&["add", "b", "--client-id", "x", "--set", "X_NO=s"]), "unknown-property");
    assert_eq!(code(&["add", "b"]), "missing-client-id");
    let token = json!({"X_ACCESS_TOKEN": "a-token", "X_REFRESH_TOKEN": "a-token"}).to_string();
    let lonely = run_with_input(&mut world.stored(&["connection", "add", "b", "--kind", "token", "--stdin"]), token.as_bytes()).error();
    assert_eq!(lonely["code"], "missing-client-id");
    let misplaced =
        run_with_input(&mut world.stored(&["connection", "add", "b", "--client-id", "x", "--stdin"]), b"c4n4ry-misplaced==\n").error();
    assert!(misplaced["code"] == "stdin-not-readable" && !misplaced.to_string().contains("c4n4ry"), "{misplaced}");
    let simulated = run(&mut world.stored(&["--simulate", "connection", "list"])).error();
    assert_eq!(simulated["code"], "simulate-without-connections");
    assert_eq!(code(&["add", "b", "--client-id", "x", "--kind", "confidential"]), "missing-secret");
    assert_eq!(code(&["add", "acme", "--client-id", "x"]), "name-taken");
    assert_eq!(code(&["add", "a/b", "--client-id", "x"]), "bad-name");
    assert_eq!(code(&["login", "nobody"]), "unknown-connection");
    assert_eq!(code(&["login", "acme", "--client-id", "other"]), "other-client-id");
    assert_eq!(code(&["export", "acme"]), "nothing-to-export");
    for arguments in [&["connection", "verify", "acme"][..], &["--connection", "acme", "call", "createPost", "--param", "text=x"]] {
        let error = run(&mut world.stored(arguments)).error();
        assert!(error["message"].as_str().is_some_and(|message| message.contains("connection login acme")), "{error}");
    }
    let near = world.connection(&["verify", "acm"]).error();
    assert!(near["message"].as_str().is_some_and(|message| message.contains("`acme`")), "{near}");
    assert_eq!(world.connection(&["list"]).output().as_array().map(Vec::len), Some(1));
}

#[test]
fn a_store_with_the_wrong_key_or_a_damaged_database_says_so() {
    let world = World::new();
    world.add_public("acme");
    let store = world.directory.path().join("store");
    let other = "00".repeat(32);
    let wrong = run(world.stored(&["connection", "list"]).env("X_CONNECTOR_KEY", &other)).error();
    assert_eq!(wrong["code"], "wrong-key");
    assert!(!wrong.to_string().contains(&other), "{wrong}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let key = store.join("key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("changed");
        assert_eq!(world.connection(&["list"]).error()["code"], "key-file-open");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("changed");
    }
    assert_eq!(world.connection(&["list"]).output().as_array().map(Vec::len), Some(1));
    for file in std::fs::read_dir(&store).expect("the store").flatten() {
        if file.file_name().to_string_lossy().starts_with("connections.db") {
            std::fs::write(file.path(), b"this is no database, and has not been one for a long time").expect("written");
        }
    }
    assert_eq!(world.connection(&["list"]).error()["code"], "database-corrupt");
}

#[test]
fn a_login_that_was_killed_leaves_the_connection_as_it_was() {
    let world = World::new();
    world.add_public("acme");
    let (login, _) = world.begin("acme", PUBLIC_CLIENT_ID, &[]);
    login.signal("KILL");
    drop(login);
    assert_eq!(world.connection(&["list"]).output()[0]["status"], "not connected");
    world.login("acme", PUBLIC_CLIENT_ID, &[]);
}

#[test]
fn no_secret_is_printed_or_logged_by_any_step() {
    let world = World::new();
    let mut seen = String::new();
    let mut look = |ran: Ran| {
        seen.push_str(&ran.stdout);
        seen.push_str(&ran.stderr);
    };
    let secrets = json!({ "X_CLIENT_SECRET": CONFIDENTIAL_CLIENT_SECRET });
    let set = format!("X_API_BASE_URL={}", world.base_url());
    let add = ["connection", "add", "acme", "--set", &set, "--stdin", "--client-id", CONFIDENTIAL_CLIENT_ID, "--kind", "confidential"];
    look(run_with_input(world.stored(&add).env("X_CONNECTOR_LOG", "trace"), secrets.to_string().as_bytes()));
    let mut login = world.stored(&["connection", "login", "acme", "--paste"]);
    let login = Running::start_with_input(login.env("X_CONNECTOR_LOG", "trace"));
    let told = login.json();
    let back = world.decide(&told, Decision::Authorize(MAKER));
    login.write(&format!("{back}\n"));
    let (_, lines, stderr) = login.end();
    let all = ["--record", "record.jsonl"];
    for arguments in [
        vec!["connection", "list"],
        vec!["connection", "verify", "acme"],
        vec!["connection", "refresh", "acme"],
        vec!["connection", "export", "acme"],
        vec!["--connection", "acme", "call", "createPost", "--param", "text=hello"],
        vec!["connection", "logout", "acme"],
    ] {
        look(run(world.stored(&[&all[..], &arguments[..]].concat()).env("X_CONNECTOR_LOG", "trace")));
    }
    seen.push_str(&lines.join("\n"));
    seen.push_str(&stderr);
    seen.push_str(&std::fs::read_to_string(world.directory.path().join("record.jsonl")).expect("a record"));
    for file in std::fs::read_dir(world.directory.path().join("store")).expect("the store").flatten() {
        if file.file_name() != "key" {
            seen.push_str(&String::from_utf8_lossy(&std::fs::read(file.path()).expect("read")));
        }
    }
    let code = Url::parse(&back).expect("an address").query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let mut canaries = world.simulator.issued_secrets();
    canaries.extend([CONFIDENTIAL_CLIENT_SECRET.to_owned(), code, TOKEN.to_owned()]);
    assert!(canaries.len() > 5, "{}", canaries.len());
    for canary in canaries {
        for form in forms(&canary) {
            let place =
                seen.find(&form).map(|at| seen[..at].chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect::<String>());
            assert_eq!(place, None, "a secret shows behind this");
        }
    }
}

/// A secret as it may hide: raw, base64 in both alphabets, percent-encoded, hex.
fn forms(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![secret.to_owned(), STANDARD_NO_PAD.encode(secret), URL_SAFE_NO_PAD.encode(secret), percent, hex]
}
