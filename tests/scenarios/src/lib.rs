//! What the suite promises, told once, on a real cluster: everything is in `tests/`.
