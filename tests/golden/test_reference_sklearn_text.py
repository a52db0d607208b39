"""Every stored matrix of scikit-learn's text vectorizers."""

import csv

import numpy as np
import pytest

from featkit import presets

PEERS = ("sklearn",)
PRESETS = {
    "CountVectorizer": "sklearn/count_vectorizer",
    "TfidfVectorizer": "sklearn/tfidf_vectorizer",
    "HashingVectorizer": "sklearn/hashing_vectorizer",
}


def documents(root, entry):
    path, cut = root / entry["file"], entry.get("input", {})
    if cut.get("kind") == "ag":
        with open(path, encoding="utf-8", newline="") as file:
            found = [f"{row[1]}. {row[2]}" for row in csv.reader(file)]
    else:
        with open(path, encoding="utf-8", newline="\n") as file:
            lines = [line.rstrip("\n") for line in file]
        found = [line.split("\t", 1)[1] for line in lines] if cut.get("kind") == "tsv2" else lines
    return found[cut.get("start", 0) : cut.get("stop")]


def test_preset_gives_what_was_stored(reference, reference_key, agrees):
    entry, stored = reference[reference_key], reference.arrays(reference_key)
    if entry["function"] not in PRESETS:
        pytest.skip("of images")
    options = dict(entry["kwargs"])
    apart = options.pop("transform_from", None)
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    found = documents(reference.root, entry)
    pipeline = presets.get(PRESETS[entry["function"]], **options)
    if entry["function"] == "HashingVectorizer":
        matrix = pipeline(found)
    elif apart is None:
        pipeline, (matrix,) = pipeline.fit_apply([found])
    else:
        pipeline = pipeline.fit([found[:apart]])
        matrix = pipeline(found[apart:])
    if "vocabulary" in stored:
        assert [term.encode() for term in pipeline["bag_of_words"].terms] == stored["vocabulary"].tolist()
    assert matrix.dtype == stored["data"].dtype
    assert matrix.shape == tuple(stored["shape"])
    np.testing.assert_array_equal(matrix.indptr, stored["indptr"])
    np.testing.assert_array_equal(matrix.indices, stored["indices"])
    limit = 1e-12 if matrix.dtype != np.float32 else 1e-6
    agrees("sklearn, text", reference_key, matrix.data, stored["data"], limit if matrix.dtype.kind == "f" else 1e-300)
    if "idf" in stored:
        agrees("sklearn, idf", reference_key, pipeline["term_weights"].weights, stored["idf"], limit)
