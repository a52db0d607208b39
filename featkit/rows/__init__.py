"""Stages for rows of any kind: frames of sound, patches of an image, counts of words. Below the families, which share them."""
