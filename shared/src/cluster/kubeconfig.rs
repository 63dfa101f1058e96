//! From kubeconfig files and connection flags to one cluster and one user, by kubectl's rules.

use std::path::PathBuf;

use kube::config::{
    AuthInfo, Config, Context, ExecConfig, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster,
    NamedContext,
};

use super::{ClusterError, Connection, error::causes};

/// Where to connect and as whom.
pub(super) struct Target {
    pub config: Config,
    /// What gives the credentials, if the kubeconfig does not have them itself.
    pub plugin: Option<ExecConfig>,
    pub context: String,
    pub user: Option<String>,
}

pub(super) async fn resolve(connection: &Connection) -> Result<Target, ClusterError> {
    let Some(kubeconfig) = read_files(connection)? else {
        return in_cluster(connection).await;
    };
    let (single, context, user) = select(kubeconfig, connection)?;
    build(single, context, user, connection).await
}

/// Reads the files as client-go does: an explicit file must exist, of a `KUBECONFIG` list the
/// missing ones are skipped (clientcmd/loader.go).
pub(super) fn read_files(connection: &Connection) -> Result<Option<Kubeconfig>, ClusterError> {
    let read = |path: &PathBuf| {
        Kubeconfig::read_from(path)
            .map_err(|error| ClusterError::configuration(format!("kubeconfig: {}", causes(&error))))
    };
    if let Some(path) = &connection.kubeconfig {
        if !path.exists() {
            return Err(ClusterError::configuration(format!("kubeconfig {} does not exist", path.display())));
        }
        return read(path).map(Some);
    }
    let paths: Vec<PathBuf> = match std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty()) {
        Some(list) => std::env::split_paths(&list).collect(),
        None => std::env::home_dir().map(|home| home.join(".kube/config")).into_iter().collect(),
    };
    let mut merged: Option<Kubeconfig> = None;
    for path in paths.iter().filter(|path| path.exists()) {
        let next = read(path)?;
        merged = Some(match merged {
            None => next,
            Some(merged) => {
                merged.merge(next).map_err(|error| ClusterError::configuration(error.to_string()))?
            }
        });
    }
    Ok(merged)
}

/// Without any kubeconfig: flags alone, or the service account of the pod we run in.
async fn in_cluster(connection: &Connection) -> Result<Target, ClusterError> {
    if connection.server.is_some() {
        let (single, context, user) = select(Kubeconfig::default(), connection)?;
        return build(single, context, user, connection).await;
    }
    let mut config = Config::incluster().map_err(|_| {
        ClusterError::configuration(
            "no kubeconfig found: neither KUBECONFIG nor ~/.kube/config names an existing file",
        )
        .hint("name one with --kubeconfig FILE")
    })?;
    if let Some(namespace) = &connection.namespace {
        config.default_namespace.clone_from(namespace);
    }
    Ok(Target { config, plugin: None, context: "in-cluster".to_owned(), user: None })
}

/// Boils a kubeconfig down to the one context that is meant, with the flags laid over it.
fn select(
    kubeconfig: Kubeconfig,
    connection: &Connection,
) -> Result<(Kubeconfig, String, Option<String>), ClusterError> {
    let context_name = connection.context.clone().or(kubeconfig.current_context);
    let context = match &context_name {
        Some(name) => find_context(&kubeconfig.contexts, name)?,
        None if connection.server.is_some() || connection.cluster.is_some() => Context::default(),
        None => {
            return Err(ClusterError::configuration("the kubeconfig has no current context")
                .hint("choose one with --context NAME, or: kubectl config use-context NAME"));
        }
    };

    let cluster_name = connection.cluster.clone().unwrap_or(context.cluster);
    let mut cluster = kubeconfig
        .clusters
        .into_iter()
        .find(|named| named.name == cluster_name)
        .and_then(|named| named.cluster)
        .map_or_else(
            || match &connection.server {
                Some(_) => Ok(kube::config::Cluster::default()),
                None => Err(ClusterError::configuration(format!(
                    "the kubeconfig has no cluster {cluster_name:?}"
                ))),
            },
            Ok,
        )?;
    if let Some(server) = &connection.server {
        cluster.server = Some(server.clone());
    }
    if let Some(file) = &connection.certificate_authority {
        cluster.certificate_authority = Some(file.to_string_lossy().into_owned());
        cluster.certificate_authority_data = None;
    }
    if connection.insecure_skip_tls_verify {
        cluster.insecure_skip_tls_verify = Some(true);
    }
    if let Some(name) = &connection.tls_server_name {
        cluster.tls_server_name = Some(name.clone());
    }

    let user_name = connection.user.clone().or(context.user);
    let mut user = match &user_name {
        None => AuthInfo::default(),
        Some(name) => {
            let found = kubeconfig.auth_infos.into_iter().find(|named| &named.name == name);
            match found {
                Some(named) => named.auth_info.unwrap_or_default(),
                None if connection.user.is_none() => AuthInfo::default(),
                None => {
                    return Err(ClusterError::configuration(format!("the kubeconfig has no user {name:?}")));
                }
            }
        }
    };
    overlay_user(&mut user, connection);

    let name = context_name.unwrap_or_else(|| cluster_name.clone());
    let single = Kubeconfig {
        clusters: vec![NamedCluster {
            name: "cluster".to_owned(),
            cluster: Some(cluster),
            ..Default::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: "user".to_owned(),
            auth_info: Some(user),
            ..Default::default()
        }],
        contexts: vec![NamedContext {
            name: "context".to_owned(),
            context: Some(Context {
                cluster: "cluster".to_owned(),
                user: Some("user".to_owned()),
                namespace: connection.namespace.clone().or(context.namespace),
                ..Default::default()
            }),
            ..Default::default()
        }],
        current_context: Some("context".to_owned()),
        ..Default::default()
    };
    Ok((single, name, user_name))
}

fn find_context(contexts: &[NamedContext], name: &str) -> Result<Context, ClusterError> {
    contexts.iter().find(|named| named.name == name).and_then(|named| named.context.clone()).ok_or_else(
        || {
            let known: Vec<_> = contexts.iter().map(|named| named.name.as_str()).collect();
            ClusterError::configuration(format!("context {name:?} does not exist"))
                .hint(format!("there are: {}", known.join(", ")))
        },
    )
}

/// A credential given as a flag replaces whatever the kubeconfig has (clientcmd/overrides.go).
fn overlay_user(user: &mut AuthInfo, connection: &Connection) {
    if let Some(token) = &connection.token {
        user.token = Some(token.as_str().into());
        user.token_file = None;
        user.exec = None;
        user.auth_provider = None;
    }
    if let Some(file) = &connection.client_certificate {
        user.client_certificate = Some(file.to_string_lossy().into_owned());
        user.client_certificate_data = None;
    }
    if let Some(file) = &connection.client_key {
        user.client_key = Some(file.to_string_lossy().into_owned());
        user.client_key_data = None;
    }
    if connection.impersonate.is_some() {
        user.impersonate.clone_from(&connection.impersonate);
    }
    if connection.impersonate_uid.is_some() {
        user.impersonate_uid.clone_from(&connection.impersonate_uid);
    }
    if !connection.impersonate_groups.is_empty() {
        user.impersonate_groups = Some(connection.impersonate_groups.clone());
    }
}

async fn build(
    single: Kubeconfig,
    context: String,
    user: Option<String>,
    connection: &Connection,
) -> Result<Target, ClusterError> {
    let mut config = Config::from_custom_kubeconfig(single, &KubeConfigOptions::default())
        .await
        .map_err(|error| ClusterError::configuration(format!("kubeconfig: {}", causes(&error))))?;
    if config.cluster_url.host().is_none() {
        let url = config.cluster_url.to_string();
        return Err(ClusterError::configuration(format!("{url:?} is not the address of a server")));
    }
    let plugin = config.auth_info.exec.take().filter(|_| connection.token.is_none());
    Ok(Target { config, plugin, context, user })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubeconfig() -> Kubeconfig {
        serde_json::from_value(serde_json::json!({
            "clusters": [{"name": "c", "cluster": {"server": "https://one"}}],
            "users": [{"name": "u", "user": {"token": "from-file"}}],
            "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
            "current-context": "prod",
        }))
        .unwrap()
    }

    #[test]
    fn flags_win_over_the_file() {
        let connection = Connection {
            server: Some("https://two".to_owned()),
            namespace: Some("other".to_owned()),
            token: Some("from-flag".to_owned()),
            ..Connection::default()
        };
        let (single, context, user) = select(kubeconfig(), &connection).unwrap();
        let json = serde_json::to_value(&single).unwrap();
        assert_eq!((context.as_str(), user.as_deref()), ("prod", Some("u")));
        assert_eq!(json["clusters"][0]["cluster"]["server"], "https://two");
        assert_eq!(json["users"][0]["user"]["token"], "from-flag");
        assert_eq!(json["contexts"][0]["context"]["namespace"], "other");
    }

    #[test]
    fn an_unknown_context_is_refused_with_those_there_are() {
        let connection = Connection { context: Some("prd".to_owned()), ..Connection::default() };
        let error = select(kubeconfig(), &connection).unwrap_err();
        assert_eq!(error.message, "context \"prd\" does not exist");
        assert_eq!(error.hints, ["there are: prod"]);
    }
}
