//! Which network plugin enforces NetworkPolicies. No API says so: a NetworkPolicy is stored whether or not
//! anything heeds it. What can be seen are the kinds that a plugin brings along, and its DaemonSet.

/// API groups that a plugin which enforces policies brings along, with its name.
const GROUPS: [(&str, &str); 7] = [
    ("cilium.io", "Cilium"),
    ("crd.projectcalico.org", "Calico"),
    ("projectcalico.org", "Calico"),
    ("crd.antrea.io", "Antrea"),
    ("k8s.ovn.org", "OVN-Kubernetes"),
    ("kubeovn.io", "Kube-OVN"),
    ("nsx.vmware.com", "NSX"),
];

/// DaemonSets of plugins that enforce policies without a kind of their own. `kindnet` does so since kind
/// 0.24; `aws-node` only where its policy agent is switched on, so that it proves nothing and is left out.
const DAEMON_SETS: [(&str, &str); 10] = [
    ("calico-node", "Calico"),
    ("canal", "Canal"),
    ("cilium", "Cilium"),
    ("antrea-agent", "Antrea"),
    ("weave-net", "Weave Net"),
    ("kube-router", "kube-router"),
    ("ovnkube-node", "OVN-Kubernetes"),
    ("azure-npm", "Azure NPM"),
    ("kindnet", "kindnet"),
    ("kube-network-policies", "kube-network-policies"),
];

/// Whether NetworkPolicies have an effect, as far as it can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enforcement {
    /// By this plugin.
    By(&'static str),
    /// Nothing that is known to enforce them runs here.
    NoneSeen,
    /// What would tell may not be read.
    Unknown,
}

impl Enforcement {
    /// What the server's API groups, and the names of all DaemonSets where these may be listed, tell.
    ///
    /// A server of k3s enforces policies itself, which its version tells.
    #[must_use]
    pub fn seen(groups: &[String], daemon_sets: Option<&[String]>, server_version: &str) -> Self {
        let known = |names: &[String], table: &[(&'static str, &'static str)]| {
            let mut plugins = table.iter().filter(|(name, _)| names.iter().any(|seen| seen == name));
            plugins.next().map(|(_, plugin)| *plugin)
        };
        if server_version.contains("+k3s") {
            return Self::By("k3s");
        }
        let plugin = known(groups, &GROUPS).or_else(|| known(daemon_sets.unwrap_or_default(), &DAEMON_SETS));
        match (plugin, daemon_sets) {
            (Some(plugin), _) => Self::By(plugin),
            (None, Some(_)) => Self::NoneSeen,
            (None, None) => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(groups: &[&str], daemon_sets: Option<&[&str]>, version: &str) -> Enforcement {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let daemon_sets = daemon_sets.map(owned);
        Enforcement::seen(&owned(groups), daemon_sets.as_deref(), version)
    }

    #[test]
    fn a_plugin_is_known_by_its_kinds_or_its_daemon_set() {
        assert_eq!(seen(&["apps", "cilium.io"], None, "v1.35.4"), Enforcement::By("Cilium"));
        assert_eq!(seen(&["apps"], Some(&["kindnet"]), "v1.35.4"), Enforcement::By("kindnet"));
        assert_eq!(seen(&["apps"], None, "v1.35.4+k3s1"), Enforcement::By("k3s"));
    }

    #[test]
    fn that_there_is_none_is_only_said_by_who_may_look() {
        assert_eq!(seen(&["apps"], Some(&["kube-flannel-ds"]), "v1.35.4"), Enforcement::NoneSeen);
        assert_eq!(seen(&["apps"], None, "v1.35.4"), Enforcement::Unknown);
    }
}
