//! Reads the cluster.
