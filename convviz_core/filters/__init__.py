"""Filters and filter banks: what they are, the built-in ones, and those from files."""
