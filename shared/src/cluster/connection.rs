//! What the connection flags say, and how a suggested command says it again.

use std::path::PathBuf;
use std::time::Duration;

use crate::print::{quoted, typed_duration};

/// Between two commands of one suggestion.
const AND: &str = " && kubectl ";

/// What the connection flags say; everything absent is taken from the kubeconfig.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// `--kubeconfig`
    pub kubeconfig: Option<PathBuf>,
    /// `--context`
    pub context: Option<String>,
    /// `--cluster`
    pub cluster: Option<String>,
    /// `--user`
    pub user: Option<String>,
    /// `--namespace`
    pub namespace: Option<String>,
    /// `--server`
    pub server: Option<String>,
    /// `--token`
    pub token: Option<String>,
    /// `--as`
    pub impersonate: Option<String>,
    /// `--as-uid`
    pub impersonate_uid: Option<String>,
    /// `--as-group`
    pub impersonate_groups: Vec<String>,
    /// `--certificate-authority`
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`
    pub client_key: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`
    pub insecure_skip_tls_verify: bool,
    /// `--tls-server-name`
    pub tls_server_name: Option<String>,
    /// `--request-timeout`
    pub request_timeout: Option<Duration>,
}

impl Connection {
    /// The flags that make a suggested command, kubectl's own too, work in the same place and as the same user, each
    /// with a space before it. Without the token, which is nobody else's to see; nor `--request-timeout`, which would
    /// end a `kubectl exec`.
    #[must_use]
    pub fn flags(&self) -> String {
        self.typed().into_iter().map(|(flag, value)| format!(" {flag}{value}")).collect()
    }

    /// A suggestion, `what it does:  kubectl …`, with the flags that its command lacks to work in the same place.
    #[must_use]
    pub fn complete(&self, suggestion: &str) -> String {
        let Some((title, commands)) = suggestion.split_once(":  kubectl ") else {
            return suggestion.to_owned();
        };
        // A command that is typed again has them all, and may quote what looks like the end of one.
        if self.lacking(commands).is_empty() {
            return suggestion.to_owned();
        }
        let commands = commands.split(AND).map(|command| self.complete_command(command));
        format!("{title}:  kubectl {}", commands.collect::<Vec<_>>().join(AND))
    }

    fn complete_command(&self, command: &str) -> String {
        // What stands behind these is not kubectl's to read.
        let borders = [" -- ", " > "].iter().filter_map(|border| command.find(border));
        let (words, rest) = command.split_at(borders.min().unwrap_or(command.len()));
        // krew knows of no cluster.
        if words.starts_with("krew ") {
            return command.to_owned();
        }
        format!("{words}{}{rest}", self.lacking(words))
    }

    /// The flags that are not among these words.
    fn lacking(&self, words: &str) -> String {
        let is_lacking = |flag: &str| !words.split(' ').any(|word| says(word, flag));
        let lacking = self.typed().into_iter().filter(|(flag, _)| is_lacking(flag));
        lacking.map(|(flag, value)| format!(" {flag}{value}")).collect()
    }

    /// Each flag that was typed, with its value and a space before that.
    fn typed(&self) -> Vec<(&'static str, String)> {
        let Self {
            kubeconfig,
            context,
            cluster,
            user,
            namespace,
            server,
            token: _,
            impersonate,
            impersonate_uid,
            impersonate_groups,
            certificate_authority,
            client_certificate,
            client_key,
            insecure_skip_tls_verify,
            tls_server_name,
            request_timeout: _,
        } = self;
        let text = |value: &Option<String>| value.clone();
        let path = |value: &Option<PathBuf>| value.as_ref().map(|path| path.display().to_string());
        let flags = [
            ("-n", text(namespace)),
            ("--context", text(context)),
            ("--kubeconfig", path(kubeconfig)),
            ("--cluster", text(cluster)),
            ("--user", text(user)),
            ("--server", text(server)),
            ("--as", text(impersonate)),
            ("--as-uid", text(impersonate_uid)),
            ("--certificate-authority", path(certificate_authority)),
            ("--client-certificate", path(client_certificate)),
            ("--client-key", path(client_key)),
            ("--tls-server-name", text(tls_server_name)),
        ];
        let groups = impersonate_groups.iter().map(|group| ("--as-group", Some(group.clone())));
        let given = flags.into_iter().chain(groups);
        let insecure = insecure_skip_tls_verify.then(|| ("--insecure-skip-tls-verify", String::new()));
        given
            .filter_map(|(flag, value)| Some((flag, format!(" {}", quoted(&value?)))))
            .chain(insecure)
            .collect()
    }

    /// The same for a command of ours that is to be run again.
    #[must_use]
    pub fn flags_again(&self) -> String {
        let limit = self.request_timeout.map(|limit| format!(" --request-timeout={}", typed_duration(limit)));
        self.flags() + &limit.unwrap_or_default()
    }
}

/// Whether a word gives this flag, with its value or before it.
fn says(word: &str, flag: &str) -> bool {
    // A word with its value, such as `'--context=my prod'`, is quoted as a whole.
    let word = word.trim_start_matches(['$', '\'']);
    let (short, long) = match flag {
        "-n" => (Some("-n"), "--namespace"),
        "--server" => (Some("-s"), "--server"),
        long => (None, long),
    };
    let is_long = word.strip_prefix(long).is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
    is_long || short.is_some_and(|short| word.starts_with(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggested_command_works_in_the_same_place_and_as_the_same_user() {
        let word = |text: &str| Some(text.to_owned());
        let connection = Connection {
            kubeconfig: Some("/home/on call/config".into()),
            context: word("prod"),
            cluster: word("c"),
            user: word("u"),
            namespace: word("shop"),
            server: word("https://two:6443"),
            token: word("hunter2"),
            impersonate: word("system:serviceaccount:shop:bot"),
            impersonate_uid: word("7"),
            impersonate_groups: vec!["a".to_owned(), "b c".to_owned()],
            certificate_authority: Some("ca.crt".into()),
            client_certificate: Some("me.crt".into()),
            client_key: Some("me.key".into()),
            insecure_skip_tls_verify: true,
            tls_server_name: word("api"),
            request_timeout: Some(Duration::from_secs(5)),
        };
        let expected = " -n shop --context prod --kubeconfig '/home/on call/config' --cluster c --user u \
                        --server https://two:6443 --as system:serviceaccount:shop:bot --as-uid 7 \
                        --certificate-authority ca.crt --client-certificate me.crt --client-key me.key \
                        --tls-server-name api --as-group a --as-group 'b c' --insecure-skip-tls-verify";
        assert_eq!(connection.flags(), expected);
        assert_eq!(connection.flags_again(), format!("{expected} --request-timeout=5s"));
        assert_eq!(Connection::default().flags_again(), "");
    }

    #[test]
    fn a_suggestion_gets_the_flags_that_it_lacks() {
        let word = |text: &str| Some(text.to_owned());
        let connection =
            Connection { namespace: word("shop"), context: word("prod"), ..Connection::default() };
        for (suggestion, complete) in [
            (
                "see what is:  kubectl isolate list",
                "see what is:  kubectl isolate list -n shop --context prod",
            ),
            ("see it:  kubectl get -n other pods", "see it:  kubectl get -n other pods --context prod"),
            ("go on:  kubectl x --context prod -n shop", "go on:  kubectl x --context prod -n shop"),
            ("look:  kubectl exec web -- ls", "look:  kubectl exec web -n shop --context prod -- ls"),
            (
                "keep:  kubectl logs web > web.log && kubectl delete pod web",
                "keep:  kubectl logs web -n shop --context prod > web.log && kubectl delete pod web -n shop --context prod",
            ),
            ("again:  kubectl x -nother --context=prod", "again:  kubectl x -nother --context=prod"),
            ("again:  kubectl x -n a '--context=my prod'", "again:  kubectl x -n a '--context=my prod'"),
            ("newer:  kubectl krew upgrade bundle", "newer:  kubectl krew upgrade bundle"),
            (
                "go on:  kubectl x -n a --context b --reason='p99 > 2s && worse' -- sh -c 'a && b'",
                "go on:  kubectl x -n a --context b --reason='p99 > 2s && worse' -- sh -c 'a && b'",
            ),
            ("there are: prod", "there are: prod"),
        ] {
            assert_eq!(connection.complete(suggestion), complete);
            assert_eq!(connection.complete(complete), complete, "it is complete");
            assert_eq!(Connection::default().complete(suggestion), suggestion);
        }
    }
}
