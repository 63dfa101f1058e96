//! What a request is about, in the words of RBAC.

use hyper::{Method, Uri};

/// Read from method, path and query by the API server's own rules (apiserver's `request/requestinfo.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub verb: String,
    pub group: String,
    pub resource: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub dry_run: bool,
}

impl Target {
    pub(super) fn new(method: &Method, uri: &Uri) -> Self {
        let query: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
        let segments: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
        let (group, rest) = match segments.as_slice() {
            ["api", _version, rest @ ..] if !rest.is_empty() => ("", rest),
            ["apis", group, _version, rest @ ..] if !rest.is_empty() => (*group, rest),
            _ => {
                return Self {
                    verb: method.as_str().to_lowercase(),
                    group: String::new(),
                    resource: uri.path().to_owned(),
                    namespace: None,
                    name: None,
                    dry_run: false,
                };
            }
        };
        let (namespace, rest) = match rest {
            // What follows here is a part of the namespace, not an object in it.
            ["namespaces", _, "status" | "finalize", ..] => (None, rest),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
            _ => (None, rest),
        };
        let name = rest.get(1).copied();
        let watch = ["watch", "watch=true", "watch=1"].iter().any(|parameter| query.contains(parameter));
        Self {
            verb: verb(method, name.is_some(), watch).to_owned(),
            group: group.to_owned(),
            resource: match rest.get(2) {
                Some(subresource) => format!("{}/{subresource}", rest[0]),
                None => rest[0].to_owned(),
            },
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            dry_run: query.contains(&"dryRun=All"),
        }
    }
}

fn verb(method: &Method, named: bool, watch: bool) -> &'static str {
    match *method {
        Method::GET | Method::HEAD if named => "get",
        Method::GET | Method::HEAD if watch => "watch",
        Method::GET | Method::HEAD => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if named => "delete",
        Method::DELETE => "deletecollection",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `verb group resource namespace name`, with a dash for what is absent.
    fn described(method: Method, path: &str) -> String {
        let target = Target::new(&method, &path.parse().expect("a path is a URI"));
        let words = [
            Some(target.verb),
            Some(target.group).filter(|group| !group.is_empty()),
            Some(target.resource),
            target.namespace,
            target.name,
            target.dry_run.then(|| "dry".to_owned()),
        ];
        words.map(|word| word.unwrap_or_else(|| "-".to_owned())).join(" ")
    }

    #[test]
    fn requests_are_named_as_rbac_names_them() {
        let cases = [
            (Method::GET, "/api/v1/namespaces/n/pods/p", "get - pods n p -"),
            (Method::GET, "/api/v1/namespaces/n/pods?limit=500", "list - pods n - -"),
            (Method::GET, "/apis/apps/v1/deployments?watch=true", "watch apps deployments - - -"),
            (Method::PATCH, "/api/v1/namespaces/n/pods/p?dryRun=All", "patch - pods n p dry"),
            (Method::POST, "/api/v1/namespaces/n/pods/p/eviction", "create - pods/eviction n p -"),
            (Method::DELETE, "/api/v1/namespaces/n/pods", "deletecollection - pods n - -"),
            (Method::GET, "/api/v1/namespaces/n", "get - namespaces - n -"),
            (Method::PUT, "/api/v1/namespaces/n/finalize", "update - namespaces/finalize - n -"),
            (Method::GET, "/apis/apps/v1", "get - /apis/apps/v1 - - -"),
            (Method::GET, "/version?timeout=32s", "get - /version - - -"),
        ];
        for (method, path, expected) in cases {
            assert_eq!(described(method, path), expected, "{path}");
        }
    }
}
