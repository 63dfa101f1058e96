//! What a person typed.

use clap::Parser;

/// Public, small, and with the applets the tour needs.
const PUBLIC_IMAGE: &str = "docker.io/library/busybox:1.37";

const LONG_ABOUT: &str = "\
A guided tour of Drover's main job: a sick pod leaves its Deployment and all traffic, and keeps running.

It builds and starts a real one-node Kubernetes on this machine (about 5 minutes the first time, seconds from then \
on), which needs Go, root and Debian. A three-replica web Service gets live traffic, one pod gets sick, and every \
lost request is counted. All stays up at the end: `tests/cluster/cluster down` stops it.

On a terminal the tour waits for Enter after each step; Ctrl-C leaves it. Without a terminal it runs through, and \
fails when a command fails or a request is lost.";

#[derive(Debug, Parser)]
#[command(name = "cargo playground", bin_name = "cargo playground", long_about = LONG_ABOUT)]
pub struct Arguments {
    /// Run through without waiting for Enter or asking
    #[arg(short, long)]
    pub yes: bool,
    /// Use the current kube context, in a new namespace drover-playground, instead of starting a cluster
    ///
    /// Uses the kubectl and the kubeconfig that are there, and asks first. There is no live traffic then, as it
    /// would have to come from inside that cluster's network.
    #[arg(long)]
    pub here: bool,
    /// Image with busybox' sh and httpd, for --here
    #[arg(long, value_name = "IMAGE", default_value = PUBLIC_IMAGE, value_parser = image, requires = "here")]
    pub image: String,
}

/// The image becomes part of a shell command, so nothing but what a reference may hold is let through.
fn image(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"./:@_-".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("not the reference of an image".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_image_is_no_shell_command() {
        assert!(image("registry.example:5000/team/busy_box@sha256:0f").is_ok());
        assert!(image("busybox; rm -r x").is_err());
        assert!(image("").is_err());
    }
}
