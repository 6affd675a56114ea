"""Compiled descriptors: loops over pixels that NumPy has no words for."""
