"""The queue of what waits for a person, and batches of items that are alike."""
