"""Runs: from data to a judged model in a folder."""
