//! Which steps are drawn where there is no room for all of them.

use crate::trace::Step;

/// What is left of the steps, in their order: what is under way before what is over, and of the latter the latest.
pub fn kept(steps: &[Step], room: usize) -> Vec<&Step> {
    let is_over = |index: &usize| steps[*index].extent.end().is_some();
    let (over, under_way): (Vec<usize>, Vec<usize>) = (0..steps.len()).partition(is_over);
    let mut kept: Vec<_> = under_way.into_iter().chain(over.into_iter().rev()).take(room).collect();
    kept.sort_unstable();
    kept.into_iter().map(|index| &steps[index]).collect()
}

/// What is left out, in words, such as `190 more: 150 over, 40 under way`.
pub fn left_out(steps: &[Step], kept: &[&Step]) -> String {
    let over = |step: &Step| step.extent.end().is_some();
    let all = steps.iter().filter(|step| over(step)).count();
    let over = all - kept.iter().filter(|step| over(step)).count();
    let more = steps.len() - kept.len();
    format!("{more} more: {over} over, {} under way", more - over)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{at, span, step};
    use crate::trace::{Certainty, Extent, What};

    #[test]
    fn what_is_under_way_is_kept_first() {
        let over = |from| span(What::PodStart, at(from), at(from + 500));
        let under_way = |from| step(What::PodStart, None, Extent::Since(at(from)), Certainty::Observed);
        let steps = [over(1), over(2), under_way(3), over(4), under_way(5)];
        let at_room = |room| {
            let kept = kept(&steps, room);
            let which: Vec<_> =
                kept.iter().map(|kept| steps.iter().position(|step| step == *kept).unwrap()).collect();
            (which, left_out(&steps, &kept))
        };
        assert_eq!(at_room(3), (vec![2, 3, 4], "2 more: 2 over, 0 under way".to_owned()));
        assert_eq!(at_room(1), (vec![2], "4 more: 3 over, 1 under way".to_owned()));
        assert_eq!(at_room(9).0, vec![0, 1, 2, 3, 4]);
    }
}
