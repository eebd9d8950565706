"""The evidence of an item: its page, and the pack that is taken away."""
