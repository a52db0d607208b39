"""Images: from pixels to feature vectors, one concept a file."""
