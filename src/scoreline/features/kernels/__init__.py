"""Compiled descriptors: loops over pixels that NumPy cannot vectorise."""
