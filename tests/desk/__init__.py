"""Tests of the command and the reports."""
