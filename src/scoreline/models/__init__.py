"""Models on disk: weights bound to class names, without pickle."""
