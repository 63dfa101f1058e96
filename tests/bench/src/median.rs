//! What stays of several runs: one run that something else slowed down must not count.

/// The value in the middle.
pub fn median<T: Ord + Copy>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort();
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_odd_number_is_in_the_middle() {
        assert_eq!(median([9, 1, 5]), 5);
    }
}
