//! Completion in real shells: a key is pressed, and the line is looked at.

use std::process::Command;

use harness::{Invocation, Namespace, shells};
use scenarios::pods::pods;
use scenarios::shop::shop;

use crate::shims::{path_with_shims, until_there};

/// Shells that read nothing of the person's own, with Ctrl-X bound to show the line. The marks are put together, so that
/// they are not found in what is typed.
const BASH: (&str, &str) =
    ("bash --noprofile --norc -i", r#"bind -x '"\C-x": printf "<<%s%s>>%s\n" "<" "$READLINE_LINE" ">"'"#);
const ZSH: (&str, &str) = (
    "zsh -f -i",
    r#"show() { print -r -- "<<""<$BUFFER>"">>" }; zle -N show; bindkey '^X' show; bindkey '^I' complete-word"#,
);

/// What a line becomes on a terminal by the Tab key, pressed again while nothing comes of it: names may be too late.
fn typed(namespace: &Namespace, (shell, keys): (&str, &str), setup: &str, line: &str) -> String {
    let terminal = invocation(namespace, shell).in_terminal(250, 50);
    terminal.press(&format!("{setup}; {keys}; echo READY$((-1))\n"));
    terminal.until("shell", |picture| picture.contains("READY-1"));
    terminal.press(line);
    for pressed in 1..MOST_OFTEN {
        terminal.press("\t\x18");
        let picture = terminal.until("line", |picture| picture.count(">>>") == pressed);
        let shown = picture.rows.iter().rev().find_map(|row| row.split_once("<<<")?.1.split_once(">>>"));
        let (shown, _) = shown.expect("it was just there");
        if shown != line {
            return shown.to_owned();
        }
    }
    line.to_owned()
}

/// How often a key is pressed at most: all fits on one screen.
const MOST_OFTEN: usize = 20;

fn invocation(namespace: &Namespace, shell: &str) -> Invocation {
    let mut words = shell.split(' ');
    let mut command = Command::new(shells::program(words.next().expect("a shell has a name")));
    command
        .args(words)
        .env_clear()
        .env("PATH", path_with_shims())
        .env("HOME", namespace.kubeconfig().parent().expect("a kubeconfig lies in a folder"))
        .env("KUBECONFIG", namespace.kubeconfig());
    Invocation::new(command)
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
    let bash = |setup: &str, line: &str| typed(&namespace, BASH, setup, line);

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
        typed(&namespace, ZSH, &format!("autoload -U compinit; compinit -u -D; {setup}"), line)
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
        let asked = format!("{setup} | source; complete --do-complete {line:?}");
        let ask = || invocation(&namespace, "fish --no-config").input(asked.clone()).run().success().stdout;
        let offered = until_there(ask, |offered| !offered.is_empty());
        offered.lines().map(str::to_owned).collect::<Vec<_>>()
    };

    assert_eq!(fish("kubectl completion fish", "kubectl isolate restore w"), [pod.as_str()]);

    let own = "kubectl isolate completion fish";
    assert_eq!(fish(own, "kubectl-isolate restore w"), [pod.as_str()]);
    assert!(fish(own, "kubectl-isolate lis")[0].starts_with("list\tList isolated pods"));
    let value = fish(own, &format!("kubectl-isolate list --namespace={}", namespace.name()));
    assert_eq!(value, [format!("--namespace={}", namespace.name())]);
}
