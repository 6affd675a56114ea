"""Features: what of an image the classifier sees."""
