//! Completion in real shells: a key is pressed, and the line is looked at.

use std::process::Command;

use harness::{Invocation, Namespace, shells};
use scenarios::pods::pods;
use scenarios::shop::shop;

use crate::shims::{path_with_shims, until_there};

/// Types into a shell on a terminal and prints what stands on the line afterwards: zsh has terminals at hand.
const TYPIST: &str = r#"
zmodload zsh/zpty
zpty shell $1
zpty -w shell $2
zpty -r shell answer '*READY-1*'
zpty -w -n shell "$3"$'\t\x18'
zpty -r shell answer '*<<<*>>>*'
print -r -- ${${answer##*<<<}%%>>>*}
"#;

const BASH: &str = "bash --noprofile --norc -i";
const ZSH: &str = "zsh -f -i";

/// Ctrl-X shows the line. The marks are put together, so that they are not found in what is typed.
const BASH_KEYS: &str =
    r#"bind -x '"\C-x": printf "<<%s%s>>%s\n" "<" "$READLINE_LINE" ">"'; echo READY$((-1))"#;
const ZSH_KEYS: &str = r#"show() { print -r -- "<<""<$BUFFER>"">>" }; zle -N show; bindkey '^X' show; bindkey '^I' complete-word; print READY$((-1))"#;

/// What a line becomes by the key, pressed again while it stays as it is: names may come too late.
fn typed(namespace: &Namespace, shell: &str, setup: &str, line: &str) -> String {
    let press = || {
        let mut zsh = Command::new(shells::program("zsh"));
        zsh.args(["-f", "-c", TYPIST, "typist", shell, setup, line]);
        run(namespace, zsh).trim_end_matches(['\r', '\n']).to_owned()
    };
    until_there(press, |shown| shown != line)
}

fn run(namespace: &Namespace, mut command: Command) -> String {
    command
        .env_clear()
        .env("PATH", path_with_shims())
        .env("HOME", namespace.kubeconfig().parent().expect("a kubeconfig lies in a folder"))
        .env("KUBECONFIG", namespace.kubeconfig())
        .env("TERM", "dumb");
    Invocation::new(command).run().success().stdout
}

/// A namespace with one isolated pod, and its name.
fn isolated(test: &str) -> (Namespace, String) {
    let namespace = shop(test, 1);
    let pod = pods(&namespace, "app=web").remove(0);
    namespace.kubectl(["isolate", pod.name()]).success();
    (namespace, pod.name().to_owned())
}

#[test]
fn in_bash() {
    let (namespace, pod) = isolated("bash");
    let bash = |setup: &str, line: &str| typed(&namespace, BASH, &format!("{setup}; {BASH_KEYS}"), line);

    let kubectls =
        format!("source {}; source <(kubectl completion bash)", shells::bash_completion().display());
    assert_eq!(bash(&kubectls, "kubectl isolate restore w"), format!("kubectl isolate restore {pod} "));

    let own = "source <(kubectl isolate completion bash)";
    assert_eq!(bash(own, "kubectl-isolate restore w"), format!("kubectl-isolate restore {pod} "));
    assert_eq!(bash(own, "kubectl-isolate lis"), "kubectl-isolate list ");
    let name = namespace.name();
    let value = bash(own, &format!("kubectl-isolate list --namespace={}", &name[..name.len() - 1]));
    assert_eq!(value, format!("kubectl-isolate list --namespace={name} "));
    assert_eq!(bash(own, "kubectl-isolate depl"), "kubectl-isolate deploy/", "the word goes on");
}

#[test]
fn in_zsh() {
    let (namespace, pod) = isolated("zsh");
    let zsh = |setup: &str, line: &str| {
        typed(&namespace, ZSH, &format!("autoload -U compinit; compinit -u -D; {setup}; {ZSH_KEYS}"), line)
    };

    let kubectls = "source <(kubectl completion zsh)";
    assert_eq!(zsh(kubectls, "kubectl isolate restore w"), format!("kubectl isolate restore {pod} "));

    let own = "source <(kubectl isolate completion zsh)";
    assert_eq!(zsh(own, "kubectl-isolate restore w"), format!("kubectl-isolate restore {pod} "));
    assert_eq!(zsh(own, "kubectl-isolate lis"), "kubectl-isolate list ");
    let name = namespace.name();
    let value = zsh(own, &format!("kubectl-isolate list --namespace={}", &name[..name.len() - 1]));
    assert_eq!(value, format!("kubectl-isolate list --namespace={name} "));
    assert_eq!(zsh(own, "kubectl-isolate depl"), "kubectl-isolate deploy/", "the word goes on");
}

#[test]
fn in_fish() {
    let (namespace, pod) = isolated("fish");
    let fish = |setup: &str, line: &str| {
        let press = || {
            let mut fish = Command::new(shells::program("fish"));
            fish.args(["--no-config", "-c", &format!("{setup} | source; complete --do-complete {line:?}")]);
            run(&namespace, fish).lines().map(str::to_owned).collect::<Vec<_>>()
        };
        until_there(press, |offered| !offered.is_empty())
    };

    assert_eq!(fish("kubectl completion fish", "kubectl isolate restore w"), [pod.as_str()]);

    let own = "kubectl isolate completion fish";
    assert_eq!(fish(own, "kubectl-isolate restore w"), [pod.as_str()]);
    assert!(fish(own, "kubectl-isolate lis")[0].starts_with("list\tList isolated pods"));
    let value = fish(own, &format!("kubectl-isolate list --namespace={}", namespace.name()));
    assert_eq!(value, [format!("--namespace={}", namespace.name())]);
}
