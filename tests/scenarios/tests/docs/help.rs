//! Help, asked for or not.

use harness::Namespace;

#[test]
fn without_a_verb_the_help_is_shown_as_in_kubectl() {
    let namespace = Namespace::new("no-verb");
    for plugin in ["debug-mode", "bundle", "lifecycle"] {
        let asked = namespace.kubectl([plugin, "--help"]).success().stdout;
        assert_eq!(namespace.kubectl([plugin]).success().stdout, asked);
    }
}
