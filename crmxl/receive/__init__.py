"""Returned bytes → safe parts → cells → submission. Nothing here judges; it says what stands where."""
