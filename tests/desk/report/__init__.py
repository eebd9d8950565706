"""Tests of the managers' report."""
