"""Gradients by differences, and the check of an analytic gradient against them."""
