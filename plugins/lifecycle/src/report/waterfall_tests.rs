use super::*;
use crate::report::sample;

#[test]
fn look() {
    for (width, colour) in [(80, false), (60, false), (200, false), (100, true)] {
        for trace in [
            sample::start(),
            sample::shutdown(),
            sample::under_way(),
            sample::quick(),
            sample::single(),
            sample::hostile(),
        ] {
            println!("{}", waterfall(&trace, "prod-eu/shop", &Screen { width: Some(width), colour }));
        }
    }
}
