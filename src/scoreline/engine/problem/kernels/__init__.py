"""The oracle and losses in compiled code."""
