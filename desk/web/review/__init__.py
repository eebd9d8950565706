"""The review page: an item beside its source, and everything that a person may do to it."""
