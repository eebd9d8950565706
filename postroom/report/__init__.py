"""The managers' report: how much, how fast, how right, what it saved and what failed."""
