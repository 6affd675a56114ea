"""Data: where images, labels and splits come from."""
