"""Fusion: several feature vectors into one, and one into a decision."""
