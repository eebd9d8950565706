"""Blind samples: items that went straight through, read again by a person who does not see the values."""
