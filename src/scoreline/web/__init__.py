"""What the web servers (lab and serve) share: who may ask, limits, headers, and the look of their pages."""
