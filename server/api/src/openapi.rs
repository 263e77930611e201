//! The contract as OpenAPI: generated from the handlers, then completed with what holds for all of them.

use crate::problem::ProblemBody;
use crate::rest;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use utoipa::PartialSchema as _;

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let generated = serde_json::to_value(rest::api().into_openapi()).unwrap_or_default();
    let mut text = serde_json::to_string_pretty(&completed(generated)).unwrap_or_default();
    text.push('\n');
    text
});

/// The contract, as OpenAPI 3.1 JSON. The same text for the same build.
pub fn openapi() -> String {
    TEXT.clone()
}

pub(crate) async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// Commands that take an `Idempotency-Key`.
const ONCE: &[&str] = &[
    "call_site",
    "create_unit",
    "create_site",
    "create_endpoint",
    "create_person",
    "create_account",
    "give_grant",
    "open_watch",
    "link_case",
    "raise_request",
    "act_on_request",
    "raise_station_request",
    "act_on_station_request",
    "plan_shift",
    "issue_directive",
    "act_on_directive",
    "act_on_station_directive",
];

fn completed(mut api: Value) -> Value {
    api["info"] = json!({
        "title": "Lianxian 连线",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "REST of the video command and remote-supervision system. Conventions: docs/reference/rest.md.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    api["components"]["schemas"]["Problem"] = serde_json::to_value(ProblemBody::schema()).unwrap_or_default();
    api["components"]["securitySchemes"] = json!({
        "login": { "type": "apiKey", "in": "cookie", "name": crate::auth::LOGIN },
        "device": { "type": "apiKey", "in": "cookie", "name": crate::auth::DEVICE },
        "guest": { "type": "apiKey", "in": "cookie", "name": crate::auth::GUEST },
        "device_token": { "type": "http", "scheme": "bearer" },
    });
    for (path, item) in objects(&mut api["paths"]) {
        for (_, operation) in objects(item) {
            complete_operation(path, operation);
        }
    }
    refer_to_items(&mut api["components"]["schemas"]);
    let asked = asked_schemas(&api);
    for (name, schema) in objects(&mut api["components"]["schemas"]) {
        if !asked.contains(name) {
            require_nullable(schema);
        }
    }
    api
}

/// A page of rows names its rows' schema; generated, it would repeat it.
fn refer_to_items(schemas: &mut Value) {
    let known: BTreeSet<String> = schemas.as_object().into_iter().flat_map(Map::keys).cloned().collect();
    for (name, schema) in objects(schemas) {
        if let Some(row) = name.strip_prefix("Page_").filter(|row| known.contains(*row)) {
            schema["properties"]["items"]["items"] = json!({ "$ref": format!("#/components/schemas/{row}") });
        }
    }
}

fn complete_operation(path: &str, operation: &mut Value) {
    let problem = json!({ "$ref": "#/components/schemas/Problem" });
    operation["responses"]["default"] = json!({
        "description": "Refused",
        "content": { "application/problem+json": { "schema": problem } },
    });
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    operation["security"] = match id.as_str() {
        "log_in" | "enrol" | "open_check_peer" | "open_visit" => json!([]),
        _ if path.starts_with("/api/v1/guest/") => json!([{ "guest": [] }]),
        _ if path.starts_with("/api/v1/station") => json!([{ "device": [] }, { "device_token": [] }]),
        _ => json!([{ "login": [] }]),
    };
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        for parameter in parameters {
            // A parameter is left out, never null.
            if let Some(schema) = parameter.get_mut("schema") {
                forbid_null(schema);
            }
        }
    }
    if ONCE.contains(&id.as_str()) {
        let key = json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "Sent again with the same key, the command is carried out once and answered alike.",
            "schema": { "type": "string" },
        });
        match operation.get_mut("parameters").and_then(Value::as_array_mut) {
            Some(parameters) => parameters.push(key),
            None => operation["parameters"] = json!([key]),
        }
    }
}

/// Schemas that requests carry, with all that they stand on.
fn asked_schemas(api: &Value) -> BTreeSet<String> {
    let operations = api["paths"].as_object().into_iter().flat_map(Map::values).filter_map(Value::as_object);
    let mut open = Vec::new();
    for operation in operations.flat_map(Map::values) {
        collect_refs(&operation["requestBody"], &mut open);
        collect_refs(&operation["parameters"], &mut open);
    }
    let mut asked = BTreeSet::new();
    while let Some(name) = open.pop() {
        collect_refs(&api["components"]["schemas"][&name], &mut open);
        if !asked.insert(name) {
            // Seen before: what it stands on is on the list already, or done.
            open.retain(|next| !asked.contains(next));
        }
    }
    asked
}

fn collect_refs(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
                names.push(name.to_owned());
            }
            fields.values().for_each(|field| collect_refs(field, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_refs(item, names)),
        _ => {}
    }
}

/// In an answer a field that may be null is always there: the server writes the null.
fn require_nullable(schema: &mut Value) {
    for part in ["allOf", "oneOf", "anyOf"] {
        schema.get_mut(part).and_then(Value::as_array_mut).into_iter().flatten().for_each(require_nullable);
    }
    if let Some(items) = schema.get_mut("items") {
        require_nullable(items);
    }
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    properties.values_mut().for_each(require_nullable);
    let nullable: Vec<String> =
        properties.iter().filter(|(_, property)| allows_null(property)).map(|(name, _)| name.clone()).collect();
    let listed = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let mut required: BTreeSet<String> = listed.filter_map(Value::as_str).map(str::to_owned).collect();
    required.extend(nullable);
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

fn allows_null(schema: &Value) -> bool {
    let listed = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    listed("type").any(|kind| kind.as_str() == Some("null")) || listed("oneOf").chain(listed("anyOf")).any(is_null)
}

fn forbid_null(schema: &mut Value) {
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind.as_str() != Some("null"));
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            schema["type"] = kind;
        }
    }
    if let Some(choices) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| !is_null(choice));
        if let [choice] = choices.as_slice() {
            let choice = choice.clone();
            *schema = choice;
        }
    }
}

fn objects(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flat_map(|fields| fields.iter_mut()).filter(|(_, value)| value.is_object())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(name: &str) -> Value {
        let api: Value = serde_json::from_str(&openapi()).unwrap();
        api["components"]["schemas"][name].clone()
    }

    #[test]
    fn answers_have_every_field_and_requests_only_the_needed_ones() {
        let required = |name: &str| -> Vec<String> {
            serde_json::from_value(schema(name)["required"].clone()).unwrap_or_default()
        };
        assert!(required("SessionView").contains(&"ended_ms".to_owned()));
        assert!(required("PresenceView").contains(&"cause".to_owned()));
        assert_eq!(required("Page_SessionView"), ["items", "next"]);
        assert_eq!(required("NewPerson"), ["name", "unit_id"]);
        assert!(required("SitePatch").is_empty());
        // Left out when there is none.
        assert_eq!(required("OpenedSite"), ["site_id"]);
        assert!(!required("Problem").contains(&"limit".to_owned()));
    }

    #[test]
    fn words_are_unions_of_strings() {
        assert_eq!(schema("SessionState")["enum"], json!(["open", "ended", "interrupted"]));
        assert_eq!(schema("PresenceState")["enum"], json!(["online", "offline"]));
        assert_eq!(schema("Millis")["type"], "integer");
    }
}
