"""Vectors for words, learned from the company they keep."""
