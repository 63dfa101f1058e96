//! As much of JSON Schema as docs/schemas/ needs: a word that is not known here is an error.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// Panics unless an answer is as a schema says.
pub fn expect(answer: &Value, document: &Value, name: &str) {
    if let Err(why) = check(answer, document, document) {
        panic!("{name}: {why}, in\n{answer:#}");
    }
}

fn check(value: &Value, schema: &Value, document: &Value) -> Result<(), String> {
    for (word, says) in schema.as_object().expect("a schema is an object") {
        let fits = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" | "additionalProperties" => true,
            "$ref" => {
                let pointer =
                    says.as_str().and_then(|reference| reference.strip_prefix('#')).expect("a reference");
                check(value, document.pointer(pointer).expect("it leads somewhere"), document)?;
                true
            }
            "const" => value == says,
            "enum" => says.as_array().expect("values").contains(value),
            "format" => is_time(value) || value.is_null(),
            "type" => has_type(value, says),
            "oneOf" => {
                let ways = says.as_array().expect("ways");
                ways.iter().filter(|way| check(value, way, document).is_ok()).count() == 1
            }
            "required" => {
                let mut names = says.as_array().expect("names").iter();
                names.all(|name| value.get(name.as_str().expect("a name")).is_some() || !value.is_object())
            }
            "properties" => {
                properties(value, schema, document)?;
                true
            }
            "items" => {
                let mut items = value.as_array().into_iter().flatten();
                items.try_for_each(|item| check(item, says, document))?;
                true
            }
            unknown => panic!("{unknown} is not known here"),
        };
        if !fits {
            return Err(format!("{value} is not as `{word}: {says}` says"));
        }
    }
    match schema.get("additionalProperties") {
        Some(_) if schema.get("properties").is_none() => properties(value, schema, document),
        _ => Ok(()),
    }
}

/// Each property by its own schema, and others by `additionalProperties`.
fn properties(value: &Value, schema: &Value, document: &Value) -> Result<(), String> {
    let none = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, property) in value.as_object().into_iter().flatten() {
        match known.get(name).or(schema.get("additionalProperties")) {
            Some(Value::Bool(false)) => return Err(format!("{name:?} is not documented")),
            Some(says) => check(property, says, document).map_err(|why| format!("{name}: {why}"))?,
            None => {}
        }
    }
    Ok(())
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok())
}

fn has_type(value: &Value, says: &Value) -> bool {
    match says {
        Value::Array(types) => types.iter().any(|one| has_type(value, one)),
        _ => match says.as_str().expect("a type has a name") {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "integer" => value.is_i64() || value.is_u64(),
            "null" => value.is_null(),
            unknown => panic!("{unknown} is no type"),
        },
    }
}

#[test]
fn what_a_schema_does_not_say_is_noticed() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {"at": {"type": "string", "format": "date-time"}, "count": {"type": ["integer", "null"]}},
        "required": ["at"],
        "additionalProperties": false,
    });
    let fits =
        |answer: &str| check(&serde_json::from_str(answer).expect("it is JSON"), &schema, &schema).is_ok();
    assert!(fits(r#"{"at": "2026-01-01T00:00:00Z", "count": null}"#));
    for wrong in
        ["[]", "{}", r#"{"at": "soon"}"#, r#"{"at": 1}"#, r#"{"at": "2026-01-01T00:00:00Z", "by": "me"}"#]
    {
        assert!(!fits(wrong), "{wrong}");
    }
    assert!(!fits(r#"{"at": "2026-01-01T00:00:00Z", "count": 1.5}"#));
}
