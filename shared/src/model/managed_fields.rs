//! Who owns which fields of an object, as the server's `managedFields` tell.

use serde_json::Value;

/// The entries that give the fields back to those who had them before we wrote; none where we own nothing.
///
/// That is what was recorded, and what others own now: a field that somebody came to own meanwhile stays
/// theirs. Of the status the live entries count, since it was not put back; entries of `ours` go.
#[must_use]
pub fn given_back(recorded: &[Value], live: &[Value], ours: &[&str]) -> Option<Vec<Value>> {
    let is_ours = |entry: &Value| ours.iter().any(|manager| entry["manager"] == *manager);
    if !live.iter().any(is_ours) {
        return None;
    }
    let mut entries: Vec<Value> =
        recorded.iter().filter(|entry| !is_ours(entry) && !is_status(entry)).cloned().collect();
    for entry in live.iter().filter(|entry| !is_ours(entry)) {
        match entries.iter_mut().find(|known| is_same(known, entry)) {
            Some(known) => unite(&mut known["fieldsV1"], &entry["fieldsV1"]),
            None => entries.push(entry.clone()),
        }
    }
    Some(entries)
}

fn is_status(entry: &Value) -> bool {
    entry["subresource"] == "status"
}

/// Whether two entries are of one manager and one kind of write.
fn is_same(one: &Value, other: &Value) -> bool {
    ["manager", "operation", "apiVersion", "subresource"].iter().all(|field| one[*field] == other[*field])
}

/// All that is in either set of fields.
fn unite(fields: &mut Value, more: &Value) {
    let (Some(fields), Some(more)) = (fields.as_object_mut(), more.as_object()) else { return };
    for (key, value) in more {
        unite(fields.entry(key).or_insert_with(|| value.clone()), value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(manager: &str, time: &str, fields: &Value) -> Value {
        json!({
            "manager": manager, "operation": "Update", "apiVersion": "apps/v1", "time": time, "fieldsV1": fields,
        })
    }

    fn of_status(manager: &str, time: &str) -> Value {
        let mut entry = entry(manager, time, &json!({"f:status": {}}));
        entry["subresource"] = json!("status");
        entry
    }

    #[test]
    fn what_we_wrote_belongs_to_its_former_owner_again() {
        let helm = entry("helm", "t1", &json!({"f:spec": {"f:replicas": {}, "f:paused": {}}}));
        let live = [
            entry("helm", "t1", &json!({"f:spec": {"f:replicas": {}}})),
            entry("ours", "t2", &json!({"f:spec": {"f:paused": {}}})),
        ];
        assert_eq!(given_back(std::slice::from_ref(&helm), &live, &["ours"]), Some(vec![helm]));
    }

    #[test]
    fn the_status_belongs_to_who_wrote_it_last() {
        let recorded =
            [entry("helm", "t1", &json!({})), of_status("controller", "t1"), of_status("gone", "t1")];
        let live = [entry("ours", "t2", &json!({})), of_status("controller", "t3")];
        let entries = given_back(&recorded, &live, &["ours"]);
        assert_eq!(entries, Some(vec![recorded[0].clone(), live[1].clone()]));
    }

    #[test]
    fn what_others_came_to_own_stays_theirs() {
        let recorded = [entry("helm", "t1", &json!({"f:spec": {"f:a": {}}}))];
        let live = [
            entry("helm", "t2", &json!({"f:spec": {"f:b": {}}})),
            entry("edit", "t3", &json!({"f:spec": {"f:c": {}}})),
            entry("ours", "t4", &json!({"f:spec": {"f:a": {}}})),
        ];
        let both = entry("helm", "t1", &json!({"f:spec": {"f:a": {}, "f:b": {}}}));
        assert_eq!(given_back(&recorded, &live, &["ours"]), Some(vec![both, live[1].clone()]));
    }

    #[test]
    fn an_entry_is_of_one_kind_of_write() {
        let update = entry("helm", "t1", &json!({"f:spec": {"f:a": {}}}));
        let mut applied = update.clone();
        applied["operation"] = json!("Apply");
        let live = [applied.clone(), entry("ours", "t2", &json!({}))];
        let entries = given_back(std::slice::from_ref(&update), &live, &["ours"]);
        assert_eq!(entries, Some(vec![update, applied]));
    }

    #[test]
    fn where_we_own_nothing_there_is_nothing_to_give_back() {
        let live = [entry("helm", "t1", &json!({}))];
        assert_eq!(given_back(&[], &live, &["ours"]), None);
        let recorded = [entry("ours", "t1", &json!({}))];
        let live = [entry("former", "t2", &json!({})), entry("ours", "t2", &json!({}))];
        assert_eq!(given_back(&recorded, &live, &["ours", "former"]), Some(Vec::new()));
    }
}
