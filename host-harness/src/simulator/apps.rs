//! The developer apps that are registered at the simulated X: credentials, addresses and permissions.

use super::auth::Access;

/// Client id of the default public app (`simulated-public:1:na` in base64, as X's ids are made).
pub const PUBLIC_CLIENT_ID: &str = "c2ltdWxhdGVkLXB1YmxpYzoxOm5h";
/// OAuth 1.0a consumer key of the default public app.
pub const PUBLIC_API_KEY: &str = "SimulatedPublicApiKey";
/// OAuth 1.0a consumer secret of the default public app.
pub const PUBLIC_API_SECRET: &str = "SimulatedPublicApiSecretThatEverybodyKnows";
/// Client id of the default confidential app (`simulated-confidential:1:ci` in base64).
pub const CONFIDENTIAL_CLIENT_ID: &str = "c2ltdWxhdGVkLWNvbmZpZGVudGlhbDoxOmNp";
/// OAuth 2.0 client secret of the default confidential app.
pub const CONFIDENTIAL_CLIENT_SECRET: &str = "SimulatedClientSecretThatEverybodyKnows";
/// OAuth 1.0a consumer key of the default confidential app.
pub const CONFIDENTIAL_API_KEY: &str = "SimulatedConfidentialApiKey";
/// OAuth 1.0a consumer secret of the default confidential app.
pub const CONFIDENTIAL_API_SECRET: &str = "SimulatedConfidentialApiSecretThatEverybodyKnows";
/// The redirect address of both default apps: where `x-connector login` listens.
pub const DEFAULT_REDIRECT_URI: &str = "http://127.0.0.1:18181/callback";

/// X's own limit.
const MOST_REDIRECT_URIS: usize = 10;

/// A developer app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its number, for limits and money per app. Tokens of the options belong to app 1, the default public one.
    pub id: u64,
    /// What the consent page calls it.
    pub name: String,
    /// Its OAuth 2.0 client id.
    pub client_id: String,
    /// The client secret of a confidential client; a public one has none.
    pub client_secret: Option<String>,
    /// Where X may send browsers, for OAuth 2.0 and 1.0a alike; compared character by character.
    pub redirect_uris: Vec<String>,
    /// The OAuth 1.0a consumer key.
    pub api_key: String,
    /// The OAuth 1.0a consumer secret.
    pub api_secret: String,
    /// What OAuth 1.0a tokens of the app may do from when they are given out.
    pub permissions: Access,
}

impl App {
    /// App 1, a public client such as a program on somebody's own machine.
    #[must_use]
    pub fn public() -> Self {
        Self {
            id: 1,
            name: "Simulated public app".to_owned(),
            client_id: PUBLIC_CLIENT_ID.to_owned(),
            client_secret: None,
            redirect_uris: vec![DEFAULT_REDIRECT_URI.to_owned()],
            api_key: PUBLIC_API_KEY.to_owned(),
            api_secret: PUBLIC_API_SECRET.to_owned(),
            permissions: Access::ReadWriteDirectMessages,
        }
    }

    /// App 2, a confidential client such as a server.
    #[must_use]
    pub fn confidential() -> Self {
        Self {
            id: 2,
            name: "Simulated confidential app".to_owned(),
            client_id: CONFIDENTIAL_CLIENT_ID.to_owned(),
            client_secret: Some(CONFIDENTIAL_CLIENT_SECRET.to_owned()),
            api_key: CONFIDENTIAL_API_KEY.to_owned(),
            api_secret: CONFIDENTIAL_API_SECRET.to_owned(),
            ..Self::public()
        }
    }

    /// Whether this address is registered, character by character.
    pub(crate) fn may_redirect_to(&self, address: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered == address)
    }
}

/// The registered apps.
#[derive(Debug, Default)]
pub(crate) struct Apps(Vec<App>);

impl Apps {
    /// Registers the app, in place of one with the same number or client id.
    pub fn add(&mut self, mut app: App) {
        app.redirect_uris.truncate(MOST_REDIRECT_URIS);
        self.0.retain(|old| old.id != app.id && old.client_id != app.client_id);
        self.0.push(app);
    }

    pub fn all(&self) -> &[App] {
        &self.0
    }

    pub fn by_id(&self, id: u64) -> Option<&App> {
        self.0.iter().find(|app| app.id == id)
    }

    pub fn by_client_id(&self, client_id: &str) -> Option<&App> {
        self.0.iter().find(|app| app.client_id == client_id)
    }

    pub fn by_api_key(&self, api_key: &str) -> Option<&App> {
        self.0.iter().find(|app| app.api_key == api_key)
    }

    /// Registers one more address. Whether there is such an app, and room: an app has at most ten.
    pub fn register_redirect(&mut self, client_id: &str, address: &str) -> bool {
        let Some(app) = self.0.iter_mut().find(|app| app.client_id == client_id) else {
            return false;
        };
        if !app.may_redirect_to(address) {
            // A fragment can never be matched: browsers keep it to themselves.
            if app.redirect_uris.len() >= MOST_REDIRECT_URIS || url::Url::parse(address).is_err() || address.contains('#') {
                return false;
            }
            app.redirect_uris.push(address.to_owned());
        }
        true
    }

    /// Changes what OAuth 1.0a tokens may do that are given out from now on. Whether there is such an app.
    pub fn set_permissions(&mut self, client_id: &str, permissions: Access) -> bool {
        let app = self.0.iter_mut().find(|app| app.client_id == client_id);
        app.is_some_and(|app| {
            app.permissions = permissions;
            true
        })
    }
}
