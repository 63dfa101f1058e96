use drover::print::escape;
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::report::sample;
use crate::trace::{Course, Trace};

fn drawn(trace: &Trace, width: impl Into<Option<usize>>) -> String {
    waterfall(trace, "prod-eu/shop", &Screen { width: width.into(), height: None, colour: false })
}

const START_80: &str = "\
prod-eu/shop   pod/web-7d4b9-x2x4p   start, 14.87s
                                at       took        0s       5s       10s
o created                     0.5  ±0.5              ▒▒       ┊        ┊       ┊
o scheduled                   0.01                   ▌        ┊        ┊       ┊
o sandbox                     0.01       1.2  ±0.5   ██▒▒     ┊        ┊       ┊
o pull migrate shop/migrat…   1.31       2.43        ┊ █████  ┊        ┊       ┊
o init migrate                3.79       1.7  ±0.5   ┊     ███▒▒       ┊       ┊
o started istio-proxy         5.91                   ┊        ┊▌       ┊       ┊
o startupProbe istio-proxy    5.91       1.19 ±0.08  ┊        ┊███     ┊       ┊
o pull web                    7.20       0.25        ┊        ┊  ██    ┊       ┊
o started web                 7.61                   ┊        ┊   ▌    ┊       ┊
i postStart web               7.61       3.3  ±1.7   ┊        ┊   ████▒▒▒▒▒▒   ┊
o ready web                  14.5  ±0.5              ┊        ┊        ┊      ▒▒
o in slice web               14.87                   ┊        ┊        ┊       ▌
o observed   i inferred   ▌ moment   ▒ uncertain

✗ postStart of web kept the pod in ContainerCreating for up to 5.0s
    event Started of web at 7.61s
    its status said Running at 12.6s for the first time
    → do in the container's own program what nobody has to wait for
• the image of migrate was pulled for 2.4s
    event Pulled: 2.432s

the node's clock is 12 ms behind the API server's, give or take 20 ms
";

const START_200: &str = "\
prod-eu/shop   pod/web-7d4b9-x2x4p   start, 14.87s
                                    at       took        0s                 2s                 4s                 6s                 8s                 10s                12s                14s
o created                         0.5  ±0.5              ▒▒▒▒▒▒▒▒▒▒         ┊                  ┊                  ┊                  ┊                  ┊                  ┊                  ┊
o scheduled                       0.01                   ▌                  ┊                  ┊                  ┊                  ┊                  ┊                  ┊                  ┊
o sandbox                         0.01       1.2  ±0.5   ███████▒▒▒▒▒▒▒▒▒▒  ┊                  ┊                  ┊                  ┊                  ┊                  ┊                  ┊
o pull migrate shop/migrate:1.4   1.31       2.43        ┊           ████████████████████████  ┊                  ┊                  ┊                  ┊                  ┊                  ┊
o init migrate                    3.79       1.7  ±0.5   ┊                  ┊                ████████████▒▒▒▒▒▒▒▒▒▒                  ┊                  ┊                  ┊                  ┊
o started istio-proxy             5.91                   ┊                  ┊                  ┊                 ▌┊                  ┊                  ┊                  ┊                  ┊
o startupProbe istio-proxy        5.91       1.19 ±0.08  ┊                  ┊                  ┊                 ███████████▒▒       ┊                  ┊                  ┊                  ┊
o pull web                        7.20       0.25        ┊                  ┊                  ┊                  ┊          ████    ┊                  ┊                  ┊                  ┊
o started web                     7.61                   ┊                  ┊                  ┊                  ┊              ▌   ┊                  ┊                  ┊                  ┊
i postStart web                   7.61       3.3  ±1.7   ┊                  ┊                  ┊                  ┊              ████████████████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒            ┊
o ready web                      14.5  ±0.5              ┊                  ┊                  ┊                  ┊                  ┊                  ┊                  ┊                  ▒▒▒▒▒▒▒▒▒▒
o in slice web                   14.87                   ┊                  ┊                  ┊                  ┊                  ┊                  ┊                  ┊                  ┊       ▌
o observed   i inferred   ▌ moment   ▒ uncertain

✗ postStart of web kept the pod in ContainerCreating for up to 5.0s
    event Started of web at 7.61s
    its status said Running at 12.6s for the first time
    → do in the container's own program what nobody has to wait for
• the image of migrate was pulled for 2.4s
    event Pulled: 2.432s

the node's clock is 12 ms behind the API server's, give or take 20 ms
";

const SHUTDOWN_80: &str = "\
prod-eu/shop   pod/web-7d4b9-x2x4p   shutdown, 8.5s ±0.5, grace 8s
                          at        took  0s      2s      4s       6s      8s
o deletion requested    0.00              ▌       ┊       ┊        ┊       ┊
o out of slice web      0.20 ±0.11        ▌       ┊       ┊        ┊       ┊
c preStop web sleep 5s  0.02        5.00  ██████████████████████   ┊       ┊
i SIGTERM web           5.03 ±0.04        ┊       ┊       ┊    ▌   ┊       ┊
o exit istio-proxy 0    6.5  ±0.5         ┊       ┊       ┊        ▒▒▒▒▒   ┊
i SIGKILL web           8.02 ±0.06        ┊       ┊       ┊        ┊       ▌
o exit web 137          8.5  ±0.5         ┊       ┊       ┊        ┊       ▒▒▒▒▒
o observed   i inferred   c computed   ▌ moment   ▒ uncertain

✓ out of the slices 4.7s before SIGTERM
✗ web was killed: it had 3.0s after SIGTERM and did not exit
    exit code 137, not OOMKilled
    8s of grace, of which preStop took 5s
    → raise terminationGracePeriodSeconds above the 5s of preStop and what web
      needs to drain
    → kubectl lifecycle show pod/web-7d4b9-x2x4p
";

const SHUTDOWN_200: &str = "\
prod-eu/shop   pod/web-7d4b9-x2x4p   shutdown, 8.5s ±0.5, grace 8s
                          at        took  0s               1s                2s               3s                4s               5s                6s               7s                8s
o deletion requested    0.00              ▌                ┊                 ┊                ┊                 ┊                ┊                 ┊                ┊                 ┊                ┊
o out of slice web      0.20 ±0.11        ┊▒▒▒▒▒           ┊                 ┊                ┊                 ┊                ┊                 ┊                ┊                 ┊                ┊
c preStop web sleep 5s  0.02        5.00  █████████████████████████████████████████████████████████████████████████████████████████                ┊                ┊                 ┊                ┊
i SIGTERM web           5.03 ±0.04        ┊                ┊                 ┊                ┊                 ┊                ▒▒▒               ┊                ┊                 ┊                ┊
o exit istio-proxy 0    6.5  ±0.5         ┊                ┊                 ┊                ┊                 ┊                ┊                 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒                 ┊                ┊
i SIGKILL web           8.02 ±0.06        ┊                ┊                 ┊                ┊                 ┊                ┊                 ┊                ┊                ▒▒▒               ┊
o exit web 137          8.5  ±0.5         ┊                ┊                 ┊                ┊                 ┊                ┊                 ┊                ┊                 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
o observed   i inferred   c computed   ▌ moment   ▒ uncertain

✓ out of the slices 4.7s before SIGTERM
✗ web was killed: it had 3.0s after SIGTERM and did not exit
    exit code 137, not OOMKilled
    8s of grace, of which preStop took 5s
    → raise terminationGracePeriodSeconds above the 5s of preStop and what web needs to drain
    → kubectl lifecycle show pod/web-7d4b9-x2x4p
";

#[test]
fn a_start() {
    assert_eq!(drawn(&sample::start(), 80), START_80);
    assert_eq!(drawn(&sample::start(), 200), START_200);
}

#[test]
fn a_shutdown() {
    assert_eq!(drawn(&sample::shutdown(), 80), SHUTDOWN_80);
    assert_eq!(drawn(&sample::shutdown(), 200), SHUTDOWN_200);
}

#[test]
fn what_is_under_way_is_open() {
    let expected = "\
prod-eu/shop   pod/web-7d4b9-x2x4p   start, under way
                   at       0s     0.5s   1s     1.5s   2s     2.5s   3s
o scheduled      0.00       ▌      ┊      ┊      ┊      ┊      ┊      ┊      ┊
o started web    2.40       ┊      ┊      ┊      ┊      ┊    ▌ ┊      ┊      ┊
i postStart web  2.9  ±0.5  ┊      ┊      ┊      ┊      ┊    ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒███▶
o observed   i inferred   ▌ moment   ▒ uncertain   ▶ under way
";
    assert_eq!(drawn(&sample::under_way(), 80), expected);
}

#[test]
fn steps_may_be_before_zero_and_within_milliseconds() {
    let expected = "\
prod-eu/shop   pod/web-7d4b9-x2x4p   start, 0.00260s
                      at     took        0s             0.001s         0.002s
o sandbox       -0.00040  0.00155  ████████████████████████            ┊
o init migrate   0.00120  0.00001        ┊              ┊  █           ┊
o pull web       0.00125  0.00135        ┊              ┊  █████████████████████
o observed
";
    assert_eq!(drawn(&sample::quick(), 80), expected);
}

#[test]
fn a_single_moment_has_no_length() {
    let expected = "\
prod-eu/shop   pod/web-7d4b9-x2x4p   shutdown
                        at  0s
o deletion requested  0.00  ▌
o observed   ▌ moment
";
    assert_eq!(drawn(&sample::single(), 80), expected);
}

#[test]
fn nothing_known_is_said() {
    let expected = "\
prod-eu/shop   pod/web-7d4b9-x2x4p   start
nothing is known of its steps
";
    assert_eq!(drawn(&sample::trace(Course::Start, Vec::new()), 80), expected);
}

fn all() -> [Trace; 6] {
    [
        sample::start(),
        sample::shutdown(),
        sample::under_way(),
        sample::quick(),
        sample::single(),
        sample::hostile(),
    ]
}

#[test]
fn no_line_is_wider_than_the_screen() {
    for trace in all() {
        for width in (40..=220).step_by(5) {
            let text = drawn(&trace, width);
            // A command stays whole, to be copied.
            for line in text.lines().filter(|line| !line.contains("kubectl ")) {
                assert!(line.width() <= width, "{width}: {line}");
            }
        }
    }
}

#[test]
fn each_step_has_a_row_with_a_bar() {
    for trace in all() {
        for width in [40, 60, 80, 200] {
            let text = drawn(&trace, width);
            let bars = text.lines().filter(|line| {
                let is_row = ["o ", "i ", "c "].iter().any(|letter| line.starts_with(letter));
                is_row && !line.contains("observed") && line.contains(['█', '▒', '▌', '▶'])
            });
            assert_eq!(bars.count(), trace.steps.len(), "{text}");
        }
    }
}

#[test]
fn nothing_of_a_cluster_steers_the_terminal() {
    let text = drawn(&sample::hostile(), 200);
    assert!(text.lines().all(|line| escape(line) == line), "{text}");
    assert!(text.contains("exit ccccc") && text.contains("0 \\u{1b}[2J\\r\\n"), "{text}");
    assert!(text.replace('\n', "").contains(&"p".repeat(253)), "{text}");
}

#[test]
fn where_nothing_limits_a_line_prose_is_not_broken() {
    let text = drawn(&sample::shutdown(), None);
    let advice =
        "    → raise terminationGracePeriodSeconds above the 5s of preStop and what web needs to drain";
    assert!(text.lines().any(|line| line == advice), "{text}");
    assert!(text.starts_with(SHUTDOWN_80.split_once('✗').unwrap().0), "{text}");
}

#[test]
fn colours_change_nothing_else() {
    for trace in all() {
        let coloured =
            waterfall(&trace, "prod-eu/shop", &Screen { width: Some(80), height: None, colour: true });
        let mut plain = String::new();
        for (index, piece) in coloured.split("\x1b[").enumerate() {
            plain.push_str(if index == 0 { piece } else { piece.split_once('m').unwrap().1 });
        }
        assert_eq!(plain, drawn(&trace, 80));
    }
}

#[test]
fn what_there_is_no_room_for_is_counted() {
    let trace = sample::start();
    let screen = |height| Screen { width: Some(80), height: Some(height), colour: false };
    let lines = |height| waterfall_lines(&trace, "prod-eu/shop", &screen(height));
    let all = lines(100).len();
    assert_eq!((lines(all).len(), lines(all - 5).len()), (all, all - 5));
    let text: Vec<_> = lines(all - 5).iter().map(|line| line.text(false)).collect();
    assert!(text.contains(&"6 more: 6 over, 0 under way".to_owned()), "{text:#?}");
}
