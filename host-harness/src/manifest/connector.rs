//! What `connector.json` holds. The order of the fields here is the order in the file.

use serde::{Deserialize, Serialize};

use super::json::Json;

/// The whole manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connector {
    /// Where the JSON Schema of this file is, seen from this file.
    #[serde(rename = "$schema")]
    pub schema: String,
    /// Raised when a reader of the former shape would break.
    pub schema_version: u32,
    /// The last part of the package's name, such as `x`.
    pub name: String,
    /// The WIT package without its version, such as `connector:x`.
    pub package: String,
    /// The package's version.
    pub version: String,
    /// The name that people see.
    pub title: String,
    /// What the connector is, in words.
    pub description: String,
    /// What an account's owner fills in and agrees to.
    pub connection: Connection,
    /// What a workflow can do.
    pub actions: Vec<Operation>,
    /// What can start a workflow.
    pub triggers: Vec<Trigger>,
    /// The record that the cases of every error carry.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub problem: Option<Output>,
}

/// How a connection is made and what it consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// What connecting means, in words.
    pub description: String,
    /// The ways to get a credential, such as `OAUTH2_AUTHORIZATION_CODE`.
    pub kinds: Vec<String>,
    /// Where the account's owner agrees.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub authorize_url: Option<String>,
    /// Where a code or a refresh token becomes an access token.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token_url: Option<String>,
    /// Where a token is given up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoke_url: Option<String>,
    /// Where the app gets a token of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub app_token_url: Option<String>,
    /// Where an authorization by OAuth 1.0a begins.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oauth1_request_token_url: Option<String>,
    /// Where the account's owner agrees by OAuth 1.0a.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oauth1_authorize_url: Option<String>,
    /// Where a request token and its verifier become a token of the account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oauth1_access_token_url: Option<String>,
    /// The PKCE challenge method: `S256` or `plain`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pkce: Option<String>,
    /// What all operations together need, and the connection itself; sorted.
    pub scopes: Vec<String>,
    /// What a person does first, step by step.
    pub set_up: Vec<String>,
    /// The fields of the connection form.
    pub properties: Vec<ConnectionProperty>,
    /// The exchanges with the service by which an account is connected and kept connected.
    pub steps: Vec<ConnectionStep>,
}

/// One field of the connection form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionProperty {
    /// What it has in common with a parameter.
    #[serde(flatten)]
    pub property: Property,
    /// The environment variable in which the component looks for it.
    pub environment: String,
    /// The kinds of credential that it belongs to, as in [`Connection::kinds`]; empty when it belongs to all.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub kinds: Vec<String>,
    /// Whether it must be stored encrypted and never be shown.
    pub secret: bool,
}

/// One exchange with the service for the connection: the engine keeps what it returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionStep {
    /// The name, such as `exchangeCode`.
    pub name: String,
    /// The component's export, such as `connector:x/connection@0.1.0#exchange-code`.
    pub function: String,
    /// The name that people see.
    pub title: String,
    /// What it does, in words.
    pub description: String,
    /// The environment variables of connection properties that it looks at.
    pub reads: Vec<String>,
    /// The environment variables that the engine sets for this step alone, instead of a property's or beside them.
    pub reads_once: Vec<String>,
    /// The parameters; none is a secret.
    pub properties: Vec<Property>,
    /// What it returns. In the schema, `x-secret` marks what must be stored encrypted and never be shown.
    pub output: Output,
    /// How it can fail.
    pub errors: Vec<ErrorCase>,
}

/// An action, or what a trigger has in common with one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The name in workflows, such as `createPost`.
    pub name: String,
    /// The step's type in workflows, such as `x/v1/createPost`.
    #[serde(rename = "type")]
    pub step_type: String,
    /// The component's export, such as `connector:x/actions@0.1.0#create-post`.
    pub function: String,
    /// The name that authors see.
    pub title: String,
    /// What it does, in words.
    pub description: String,
    /// Whether it reads, writes, or takes away.
    pub effect: Effect,
    /// What happens when it runs again.
    pub idempotency: Idempotency,
    /// What the connected account must have agreed to.
    pub scopes: Vec<String>,
    /// The calls that it may make, such as `POST /2/tweets`.
    pub x_operations: Vec<String>,
    /// What the service may bill, per item, at list price.
    pub prices: Vec<Price>,
    /// The parameters.
    pub properties: Vec<Property>,
    /// What it returns.
    pub output: Output,
    /// How it can fail.
    pub errors: Vec<ErrorCase>,
}

/// An operation that starts workflows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// What one poll takes and returns.
    #[serde(flatten)]
    pub operation: Operation,
    /// How the engine learns of new items.
    pub kind: TriggerKind,
    /// How long to wait between two polls, in seconds.
    pub interval_seconds: u64,
    /// What the author chooses for the first poll, if there is a choice.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_run: Option<FirstRun>,
    /// One of the output's `items`: what a workflow gets.
    pub item: Output,
}

/// How the engine learns of new items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TriggerKind {
    /// It asks, and hands the cursor of the last answer back.
    Polling,
}

/// The choices for a trigger's first poll.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FirstRun {
    /// The parameter that holds the choice.
    pub property: String,
    /// What the choice is about, in words.
    pub description: String,
    /// The choice that holds when none is made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<Json>,
    /// The choices.
    pub options: Vec<ValueOption>,
}

/// Whether an operation changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It changes nothing.
    Read,
    /// It makes or changes something.
    Write,
    /// It takes something away for good.
    Destructive,
}

/// What happens when an operation runs again with the same parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Idempotency {
    /// The same as when it ran once.
    Idempotent,
    /// It looks for what an earlier run wrote before it writes.
    Reconciled,
    /// It may be done twice.
    NotIdempotent,
}

/// What the service bills for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// What is billed.
    pub item: String,
    /// The list price of one, in millionths of a US dollar.
    pub micro_usd: u64,
}

/// The shape of a result, with an instance of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// A JSON Schema, draft 2020-12.
    pub schema: Json,
    /// A value that the schema accepts.
    pub sample: Json,
}

/// One way to fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCase {
    /// The case's name in WIT.
    pub name: String,
    /// What it means, in words.
    pub description: String,
    /// Whether an engine may run the step again by itself: nothing is done twice by it.
    pub repeat_safe: bool,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Property {
    /// The name in JSON, such as `tweet_id`.
    pub name: String,
    /// The name that people see.
    pub label: String,
    /// What it is for, in words.
    pub description: String,
    /// What kind of value it takes, with what belongs to the kind.
    #[serde(flatten)]
    pub value: PropertyType,
    /// How it is entered; none where no single control fits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub control: Option<Control>,
    /// Whether it must be given.
    pub required: bool,
    /// Whether the form may hide it at first.
    pub advanced: bool,
    /// What the empty control shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub placeholder: Option<String>,
    /// A good value, typed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub example: Option<Json>,
    /// The value that holds when none is given, typed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<Json>,
    /// The bounds of the value, if there are any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limits: Option<Limits>,
}

/// A kind of value, in the vocabulary of workflow engines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PropertyType {
    /// Text; with options, one of them.
    String {
        /// The values to choose from.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        options: Vec<ValueOption>,
    },
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// Several values.
    Array {
        /// The kind of each.
        items: Box<PropertyType>,
    },
    /// A record.
    Object {
        /// Its fields.
        properties: Vec<Property>,
    },
    /// A file: a record that says where the bytes are.
    FileEntry {
        /// Its fields.
        properties: Vec<Property>,
    },
}

/// One of the values of an enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueOption {
    /// The value in JSON.
    pub value: String,
    /// The name that people see.
    pub label: String,
    /// What it means, in words.
    pub description: String,
}

/// How a value is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Control {
    /// One line of text.
    Text,
    /// Several lines of text.
    TextArea,
    /// One line of text that is not shown.
    Password,
    /// One of the options.
    Select,
    /// On or off.
    Toggle,
    /// A number.
    Number,
    /// A file, or several.
    File,
}

/// The bounds of a value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// The least number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub minimum: Option<Json>,
    /// The greatest number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub maximum: Option<Json>,
    /// How many values an array may hold.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub maximum_items: Option<u64>,
    /// How many characters (Unicode scalar values) a text may have.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub maximum_length: Option<u64>,
    /// A regular expression (ECMA-262) that the text matches.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pattern: Option<String>,
}
