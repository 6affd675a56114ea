"""Compiled forms of what mini-batch training does most: products of few columns, losses by rows, update rules."""
