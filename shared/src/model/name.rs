//! Which names the API server takes.

/// RFC 1123 subdomain, as most kinds demand of a name.
#[must_use]
pub fn is_dns_subdomain(name: &str) -> bool {
    let is_label = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && label.starts_with(|first: char| first.is_ascii_alphanumeric())
            && label.ends_with(|last: char| last.is_ascii_alphanumeric())
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

/// How alike two names must be for one to be suggested for the other (Jaro-Winkler, 0 to 1).
const CLOSE_ENOUGH: f64 = 0.8;

/// Up to three of `names` that look like one that does not exist, the closest first.
#[must_use]
pub fn close_to(name: &str, names: Vec<String>) -> Vec<String> {
    let likeness = |other: &str| strsim::jaro_winkler(name, other);
    let mut close: Vec<_> = names.into_iter().filter(|other| likeness(other) >= CLOSE_ENOUGH).collect();
    close.sort_by(|one, other| likeness(other).total_cmp(&likeness(one)));
    close.truncate(3);
    close
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_a_slip_are_close() {
        let names = ["web", "api", "web-metrics"].map(str::to_owned).to_vec();
        assert_eq!(close_to("webs", names.clone()), ["web"]);
        assert!(close_to("database", names).is_empty());
    }
}
