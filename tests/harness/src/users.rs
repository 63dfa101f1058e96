//! Users other than the administrator: who may do only some things, or who are farther away.

use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::cluster::{Cluster, Connection};
use crate::command::{Finished, Invocation};
use crate::kubectl::Kubectl;
use crate::namespace::Namespace;
use crate::proxy::Proxy;

/// How long the API server may take to notice new rights.
const RIGHTS_NOTICED: Duration = Duration::from_secs(30);

/// What a limited user may do in the namespace.
pub enum Rights<'text> {
    /// The `rules` of a Role, as YAML: a list of `{apiGroups: […], resources: […], verbs: […]}`.
    Rules(&'text str),
    /// An existing ClusterRole, such as `admin`, `edit` or `view`.
    ClusterRole(&'text str),
}

/// Somebody who runs kubectl in a namespace.
pub struct User {
    kubectl: Kubectl,
}

impl Namespace {
    /// Creates a user with these rights in this namespace and none elsewhere: a ServiceAccount, known by nothing but
    /// its token.
    pub fn limited_user(&self, name: &str, rights: Rights) -> User {
        self.kubectl(["create", "serviceaccount", name]).success();
        let token = self.kubectl(["create", "token", name]).success().stdout;
        let connection = Connection {
            cluster: Cluster::get().administrator().cluster.clone(),
            user: json!({"token": token.trim()}),
        };
        let user = User::new(Kubectl::new(connection, self.name()));

        let rights_before = user.rights();
        let role = match rights {
            Rights::ClusterRole(role) => format!("--clusterrole={role}"),
            Rights::Rules(rules) => {
                let role = format!(
                    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: {name}}}\nrules:\n{rules}"
                );
                self.apply(&role);
                format!("--role={name}")
            }
        };
        let account = format!("--serviceaccount={}:{name}", self.name());
        self.kubectl(["create", "rolebinding", name, &role, &account]).success();

        // The API server notices new rights a moment later, and nothing can be watched for it.
        let deadline = Instant::now() + RIGHTS_NOTICED;
        while user.rights() == rights_before {
            assert!(Instant::now() < deadline, "{name} got no rights within {RIGHTS_NOTICED:?}");
        }
        user
    }
}

impl User {
    pub(crate) fn new(kubectl: Kubectl) -> Self {
        Self { kubectl }
    }

    /// The same user, behind a proxy.
    pub fn through(&self, proxy: &Proxy) -> Self {
        Self::new(self.kubectl.through(proxy))
    }

    /// The kubeconfig that kubectl runs with, as long as this value lives.
    pub fn kubeconfig(&self) -> &Path {
        self.kubectl.kubeconfig()
    }

    /// Runs kubectl as this user.
    pub fn kubectl(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Finished {
        self.command(arguments).run()
    }

    /// The same, not started yet.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Invocation {
        self.kubectl.command(arguments)
    }

    fn rights(&self) -> String {
        self.kubectl(["auth", "can-i", "--list"]).success().stdout
    }
}
