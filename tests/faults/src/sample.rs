//! Cells that a seed chooses, so that another run of the tests tries others, and the same seed the same.

/// SplitMix64: enough to choose by.
pub struct Chooser(u64);

impl Chooser {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of them; none of none.
    pub fn one_of<'items, T>(&mut self, items: &'items [T]) -> Option<&'items T> {
        let count = u64::try_from(items.len()).expect("a few hundred cells");
        let index = self.next().checked_rem(count)?;
        items.get(usize::try_from(index).expect("an index below the count"))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_chooses_the_same() {
        let choice = |seed| {
            let mut chooser = Chooser::new(seed);
            (0..8).map(|_| *chooser.one_of(&[1, 2, 3, 4, 5]).expect("one of five")).collect::<Vec<i32>>()
        };
        assert_eq!(choice(7), choice(7));
        assert_ne!(choice(7), choice(8));
        assert_eq!(Chooser::new(1).one_of::<i32>(&[]), None);
    }
}
