//! Objects in somebody's hands.
