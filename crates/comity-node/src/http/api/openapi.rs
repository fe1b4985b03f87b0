//! The OpenAPI 3.1 document, assembled from the endpoints themselves.

use super::{Access, Endpoint, Scope};
use serde_json::{Map, Value, json};

/// The document of these endpoints.
pub fn document<S>(endpoints: &[Endpoint<S>]) -> Value {
    let mut paths = Map::new();
    for endpoint in endpoints {
        // OpenAPI writes a part that spans slashes like any other.
        let path = endpoint.path.replace("{*", "{");
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(endpoint.verb.as_str().to_ascii_lowercase(), operation(endpoint));
        }
    }
    let scopes: Vec<String> =
        Scope::ALL.iter().map(|scope| format!("- `{scope}`:{}", scope.about())).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Comity node",
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("The local API of a Comity node.\n\nScopes of tokens:\n{}", scopes.join("\n")),
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Problem": problem() },
        },
    })
}

fn operation<S>(endpoint: &Endpoint<S>) -> Value {
    let (noun, _) = endpoint.name.split_once('.').unwrap_or((endpoint.name, ""));
    let (kind, schema) = &endpoint.answer;
    let mut operation = json!({
        "operationId": endpoint.name,
        "tags": [noun],
        "summary": endpoint.summary,
        "description": format!("Access: {}.", endpoint.access),
        "parameters": parameters(endpoint),
        "responses": {
            "200": { "description": "Done.", "content": { *kind: { "schema": schema } } },
            "default": {
                "description": "A refusal or failure.",
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            },
        },
    });
    let Value::Object(fields) = &mut operation else { return operation };
    if endpoint.access != Access::Open {
        fields.insert("security".to_owned(), json!([{ "token": [] }]));
    }
    if let Some((kind, schema)) = &endpoint.body {
        let body = json!({ "required": true, "content": { *kind: { "schema": schema } } });
        fields.insert("requestBody".to_owned(), body);
    }
    operation
}

fn parameters<S>(endpoint: &Endpoint<S>) -> Vec<Value> {
    let string = json!({ "type": "string" });
    let in_path = endpoint
        .parts()
        .into_iter()
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": string }));
    let in_query = endpoint.query.iter().map(|(name, about)| {
        json!({ "name": name, "in": "query", "required": false, "description": about, "schema": string })
    });
    in_path.chain(in_query).collect()
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["code", "text"],
        "properties": {
            "code": { "type": "string", "description": "A stable code, such as `api/no-token`." },
            "text": { "type": "string", "description": "What is wrong, a lower-case fragment." },
            "help": { "type": "string", "description": "What to do about it." },
        },
    })
}
