"""Passes and losses in compiled code."""
