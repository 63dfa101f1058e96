//! What the commands say.

use harness::Finished;

/// Failed with a reason and no answer. Returns the reason.
pub fn refused(finished: Finished) -> String {
    let Finished { stdout, stderr, .. } = finished.failure(1);
    assert_eq!(stdout, "", "a refusal answers nothing on stdout");
    assert!(stderr.starts_with("error: "), "a refusal begins with the reason: {stderr}");
    stderr
}

/// These words are among what was said.
pub fn expect_words(said: &str, words: &[&str]) {
    for wanted in words {
        assert!(said.contains(wanted), "expected {wanted:?} in:\n{said}");
    }
}

/// The first of these words was said before the second.
pub fn expect_order(said: &str, first: &str, second: &str) {
    expect_words(said, &[first, second]);
    assert!(said.find(first) < said.find(second), "expected {first:?} before {second:?} in:\n{said}");
}
