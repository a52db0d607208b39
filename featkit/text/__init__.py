"""Text: from documents to feature vectors, one concept a file."""
