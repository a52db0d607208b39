"""Reading and writing: sound files in, ``.npy`` files and their sidecars out."""
