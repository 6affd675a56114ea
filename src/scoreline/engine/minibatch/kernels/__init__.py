"""The mini-batch loop in compiled code."""
