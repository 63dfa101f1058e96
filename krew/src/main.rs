//! `cargo run -p krew-release -- package|manifests|check|bump`.

fn main() -> std::process::ExitCode {
    drover::cli::main(krew_release::commands::run)
}
