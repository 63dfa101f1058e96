//! Figures beside kubectl's.

/// One row for each figure: its name, the plugin's, kubectl's, and the first divided by the second.
pub fn table(rows: &[(&str, f64, f64)]) -> String {
    let mut text = format!("{:<16} {:>15} {:>8} {:>6}\n", "--help", "kubectl-isolate", "kubectl", "ratio");
    for (name, own, kubectl) in rows {
        let ratio = own / kubectl;
        text.push_str(&format!("{name:<16} {own:>15.1} {kubectl:>8.1} {ratio:>6.2}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_own_to_kubectl() {
        assert_eq!(
            table(&[("start-up, ms", 2.0, 40.0)]),
            "--help           kubectl-isolate  kubectl  ratio\n\
             start-up, ms                 2.0     40.0   0.05\n"
        );
    }
}
