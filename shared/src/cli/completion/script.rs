//! What stands between a shell, or kubectl, and a plugin: each asks it with `__complete`.

/// The shells that there are scripts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

/// The script that completes a program called by its own name.
pub(super) fn script(shell: Shell, program: &str) -> String {
    let text = match shell {
        Shell::Bash => include_str!("scripts/bash.sh"),
        Shell::Zsh => include_str!("scripts/zsh.sh"),
        Shell::Fish => include_str!("scripts/fish.fish"),
        Shell::Powershell => include_str!("scripts/powershell.ps1"),
    };
    text.replace("PROGRAM", program).replace("FUNCTION", &program.replace('-', "_"))
}

/// The name that kubectl looks for (kubectl: `pkg/cmd/plugin/plugin_completion.go`).
pub(super) fn shim_name(program: &str) -> String {
    let name = program.replacen('-', "_complete-", 1);
    if cfg!(windows) { format!("{name}.cmd") } else { name }
}

/// What kubectl runs. A credential plugin gets no terminal to ask on, and nothing is said on one.
pub(super) fn shim(program: &str) -> String {
    if cfg!(windows) {
        format!("@{program} __complete %* <nul 2>nul\r\n")
    } else {
        format!("#!/bin/sh\nexec {program} __complete \"$@\" </dev/null 2>/dev/null\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shim_has_the_name_that_kubectl_looks_for() {
        assert_eq!(shim_name("kubectl-debug_mode"), "kubectl_complete-debug_mode");
    }

    #[test]
    fn nothing_of_a_template_is_left() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Powershell] {
            let script = script(shell, "kubectl-debug_mode");
            assert!(!script.contains("PROGRAM") && !script.contains("FUNCTION"), "{script}");
            assert!(script.contains("kubectl-debug_mode __complete"), "{script}");
        }
    }
}
