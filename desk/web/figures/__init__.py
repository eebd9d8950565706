"""The managers' figures: a period asked for, its figures drawn and told, and the items behind each."""
