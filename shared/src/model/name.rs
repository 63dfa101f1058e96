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
