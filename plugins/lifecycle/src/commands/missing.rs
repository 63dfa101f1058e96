//! What is said of an object that is not there.

use drover::cli::Failure;
use drover::cluster::Cluster;
use drover::model::object::{ObjectRef, PODS};

pub async fn does_not_exist(cluster: &Cluster, object: &ObjectRef) -> Failure {
    let failure = Failure::new(format!("{object} does not exist"));
    let kind = if object.resource == PODS { String::new() } else { object.resource.typed_name() + "/" };
    let close = cluster.close_names(object).await;
    let close: Vec<_> = close.iter().map(|name| format!("{kind}{name}")).collect();
    if close.is_empty() {
        let (plural, namespace) = (object.resource.qualified_plural(), &cluster.namespace);
        failure.hint(format!("see which there are:  kubectl get {plural} -n {namespace}"))
    } else {
        failure.hint(format!("did you mean {}?", close.join(" or ")))
    }
}
