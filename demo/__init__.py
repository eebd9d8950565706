"""Sample post and a sample back office, for the demonstration and the tests."""
