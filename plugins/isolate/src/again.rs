//! The command that goes on where this one stopped, ready to be pasted into a shell.

use std::time::Duration;

use drover::cli::parse_duration;
use drover::cluster::Connection;
use drover::print::{quoted, typed_duration};

use crate::args::{self, CleanupOptions, IsolateOptions, RestoreOptions, typed_name};

impl IsolateOptions {
    /// This same command for these pods. What was chosen, such as by `--pick`, stays chosen.
    pub fn again(&self, names: &[String], connection: &Connection) -> String {
        // Without `..`: a flag that is added can't be forgotten here.
        let Self {
            chosen: _,
            reason,
            ttl,
            quarantine,
            traffic_only,
            traffic_first,
            allow_second_writer,
            timeout,
            change,
            scene,
        } = self;
        let switch = |is_on: bool, flag: &str| is_on.then(|| flag.to_owned());
        let flags = [
            reason.as_ref().map(|reason| format!(" --reason={}", quoted(reason))),
            ttl.map(|ttl| format!(" --ttl={}", typed_duration(ttl))),
            quarantine.map(|quarantine| format!(" --quarantine={}", quarantine.name())),
            switch(*traffic_only, " --traffic-only"),
            switch(*traffic_first, " --traffic-first"),
            switch(*allow_second_writer, " --allow-second-writer"),
            timeout.map(|timeout| format!(" --timeout={}", typed_duration(timeout))),
            Some(scene.flags_again()),
            Some(change.flags()),
        ];
        let flags: String = flags.into_iter().flatten().collect();
        format!("kubectl isolate {}{}{flags}", typed(names), connection.flags_again())
    }
}

impl RestoreOptions {
    /// This same command for these pods.
    pub fn again(&self, names: &[String], connection: &Connection) -> String {
        let Self { names: _, drain, timeout, change } = self;
        let drain = unless_default("--drain", *drain, args::DRAIN);
        let timeout = unless_default("--timeout", *timeout, args::RESTORE_TIMEOUT);
        let flags = connection.flags_again() + &drain + &timeout + &change.flags();
        format!("kubectl isolate restore {}{flags}", typed(names))
    }
}

impl CleanupOptions {
    /// This same command: what is gone by then is no longer selected.
    pub fn again(&self, connection: &Connection) -> String {
        let Self { names, selector, expired, timeout, change } = self;
        let which = match (names.as_slice(), selector.as_str()) {
            ([], "") if *expired => "--expired".to_owned(),
            ([], "") => "--all".to_owned(),
            ([], selector) => format!("-l {}{}", quoted(selector), if *expired { " --expired" } else { "" }),
            (names, _) => typed(names),
        };
        let timeout = unless_default("--timeout", *timeout, args::CLEANUP_TIMEOUT);
        let flags = connection.flags_again() + &timeout + &change.flags();
        format!("kubectl isolate cleanup {which}{flags}")
    }
}

/// That pod, and those behind it: those before it are done.
pub fn from<'a>(pod: &str, names: &'a [String]) -> &'a [String] {
    let done = names.iter().take_while(|name| *name != pod).count();
    &names[done..]
}

/// Pods as they are typed where a verb, or the word `pod`, could stand.
fn typed(names: &[String]) -> String {
    names.iter().map(|name| typed_name(name)).collect::<Vec<_>>().join(" ")
}

fn unless_default(flag: &str, value: Duration, default: &str) -> String {
    match parse_duration(default) {
        Ok(default) if default == value => String::new(),
        _ => format!(" {flag}={}", typed_duration(value)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{CommandFactory, Parser};
    use drover::cli::Deferred;

    use super::*;
    use crate::args::{Args, Verb};

    /// Each flag as it is typed, and as it is told.
    const FLAGS: [(&[&str], &str); 33] = [
        (&["--reason", "500s, it's down"], r" --reason='500s, it'\''s down'"),
        (&["--ttl=2h"], " --ttl=7200s"),
        (&["--quarantine"], " --quarantine=all"),
        (&["--quarantine=ingress"], " --quarantine=ingress"),
        (&["--traffic-only"], " --traffic-only"),
        (&["--traffic-first"], " --traffic-first"),
        (&["--allow-second-writer"], " --allow-second-writer"),
        (&["--timeout=90"], " --timeout=90s"),
        (&["--dry-run"], " --dry-run=client"),
        (&["--dry-run=server"], " --dry-run=server"),
        (&["--output=json"], " -o json"),
        (&["--field-manager=oncall"], " --field-manager=oncall"),
        (&["--evidence=some of it.tgz"], " --evidence='some of it.tgz'"),
        (&["--connections"], " --connections"),
        (&["--wait-connections=30s"], " --wait-connections=30s"),
        (&["--offline=leave && echo $?\ntrue"], r" --offline=$'leave && echo $?\ntrue'"),
        (&["--no-offline"], " --no-offline"),
        (&["--namespace=shop"], " -n shop"),
        (&["--context=my prod"], " --context 'my prod'"),
        (&["--kubeconfig=/x/config"], " --kubeconfig /x/config"),
        (&["--cluster=c"], " --cluster c"),
        (&["--user=u"], " --user u"),
        (&["--server=https://two:6443"], " --server https://two:6443"),
        (&["--as=nobody"], " --as nobody"),
        (&["--as-group=a", "--as-group=b"], " --as-group a --as-group b"),
        (&["--as-uid=7"], " --as-uid 7"),
        (&["--certificate-authority=ca.crt"], " --certificate-authority ca.crt"),
        (&["--client-certificate=me.crt"], " --client-certificate me.crt"),
        (&["--client-key=me.key"], " --client-key me.key"),
        (&["--tls-server-name=api"], " --tls-server-name api"),
        (&["--insecure-skip-tls-verify"], " --insecure-skip-tls-verify"),
        (&["--request-timeout=5s"], " --request-timeout=5s"),
        // It is secret.
        (&["--token=hunter2"], ""),
    ];

    /// The command that goes on when this was typed.
    fn again(typed: &[&str]) -> String {
        let args = Args::try_parse_from([&["kubectl-isolate"], typed].concat()).unwrap();
        let options = args.isolate.validate().unwrap();
        options.again(&["web-1".to_owned()], &Connection::from(args.connection))
    }

    #[test]
    fn every_flag_is_kept() {
        for (flag, told) in FLAGS {
            let typed = [&["web-1"], flag].concat();
            assert_eq!(again(&typed), format!("kubectl isolate web-1{told}"));
        }
        let tested: BTreeSet<_> = FLAGS.iter().flat_map(|(flag, _)| *flag).collect();
        let is_tested = |flag: &str| tested.iter().any(|typed| typed.split('=').next() == Some(flag));
        let command = Args::command();
        let flags = command.get_arguments().filter_map(|argument| argument.get_long());
        // What --pick chose is named.
        let missing: Vec<_> =
            flags.filter(|flag| *flag != "pick" && !is_tested(&format!("--{flag}"))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    /// The command that goes on with `restore` or `cleanup`, when this was typed.
    fn verb_again(typed: &[&str]) -> String {
        let args = Args::try_parse_from([&["kubectl-isolate"], typed].concat()).unwrap();
        let connection = Connection::from(args.connection);
        match args.verb {
            Some(Verb::Restore(Deferred(restore))) => {
                restore.validate().unwrap().again(&["web-1".to_owned()], &connection)
            }
            Some(Verb::Cleanup(Deferred(cleanup))) => cleanup.validate().unwrap().again(&connection),
            verb => panic!("{verb:?}"),
        }
    }

    #[test]
    fn the_other_verbs_keep_theirs() {
        for (typed, told) in [
            ("restore web-0 web-1", "restore web-1"),
            ("restore web-1 --drain=10s --timeout=2m", "restore web-1"),
            ("restore web-1 --drain=1s --timeout=30s", "restore web-1 --drain=1s --timeout=30s"),
            (
                "restore web-1 --dry-run=server -o json -n shop",
                "restore web-1 -n shop --dry-run=server -o json",
            ),
            ("cleanup web-1 web-2", "cleanup web-1 web-2"),
            ("cleanup pod/pod web-1", "cleanup pod/pod web-1"),
            ("cleanup --all --dry-run", "cleanup --all --dry-run=client"),
            ("cleanup --expired --timeout=1m", "cleanup --expired --timeout=60s"),
            ("cleanup -l app!=web --expired", "cleanup -l 'app!=web' --expired"),
        ] {
            let words: Vec<_> = typed.split(' ').collect();
            assert_eq!(verb_again(&words), format!("kubectl isolate {told}"));
        }
    }

    #[test]
    fn a_pod_that_was_picked_stays_picked_whatever_its_name() {
        assert_eq!(again(&["deploy/web", "--pick=sickest"]), "kubectl isolate web-1");
        let args = Args::try_parse_from(["kubectl-isolate", "pod/list", "web-1"]).unwrap();
        let names = ["list", "pod", "web-1"].map(str::to_owned);
        let told = args.isolate.validate().unwrap().again(&names, &Connection::default());
        assert_eq!(told, "kubectl isolate pod/list pod/pod web-1");
    }
}
