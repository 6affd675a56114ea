"""Plumbing that engine and features share: threads."""
