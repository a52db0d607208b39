"""Text stages against plain loops over Python strings."""

import re
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

import featkit
from featkit.text import characters, keys
from featkit.text.characters import marked, runs, space_characters, word_characters
from featkit.text.counts import renumbered, tally
from featkit.text.lexicon import Lexicon
from featkit.text.strings import Strings
from featkit.text.tokens import Tokens
from featkit.text.vocabulary import TermCounts, merged

LETTERS = "aAbB1_ é\u0301ßİΣσ中文のカ한😀\n\t\u3000\x85\x1c\0'-"
texts = st.one_of(st.text(LETTERS, max_size=30), st.text(max_size=12), st.text("\ud800\udfff a", max_size=6))
corpora = st.lists(texts, max_size=9)


# --- strings ------------------------------------------------------------------------------------------------------------


@given(corpora)
def test_strings_are_a_list_of_str(listed):
    strings = Strings(listed)
    assert list(strings) == listed
    assert [strings[at] for at in range(-len(listed), len(listed))] == listed * 2
    assert strings == Strings(tuple(listed))
    assert list(strings[1:3]) == listed[1:3]
    assert list(strings[::-1]) == listed[::-1]
    assert list(Strings.joined([strings, strings])) == listed * 2
    assert [strings[at] for at in strings.sorted()] == sorted(listed)
    assert eval(repr(strings), {"Strings": Strings}) == strings


@given(corpora, st.lists(st.integers(0, 8), max_size=12))
def test_strings_are_found(listed, places):
    strings = Strings(listed)
    asked = [listed[at] for at in places if at < len(listed)] + ["nowhere to be found"]
    assert strings.find(Strings(asked)).tolist() == [listed.index(text) if text in listed else -1 for text in asked]


def test_the_class_of_every_character_is_known():
    every = "".join(map(chr, range(0x110000)))
    word = np.zeros(len(every), bool)
    for match in re.finditer(r"\w", every):
        word[match.start()] = True
    assert np.array_equal(characters.word_characters(), word)
    assert characters.space_characters().nonzero()[0].tolist() == [at for at, one in enumerate(every) if one.isspace()]


@given(st.lists(st.integers(0, 255), max_size=40), st.sampled_from([word_characters, space_characters]))
def test_ascii_is_marked_by_ranges(data, table):
    data = np.array([byte % 128 for byte in data], np.uint8)
    assert marked(data, table).tolist() == table()[data].tolist()


@given(st.lists(st.booleans(), max_size=12))
def test_runs_of_a_mask(mask):
    starts, lengths = runs(np.array(mask, bool))
    text = "".join("x" if one else " " for one in mask)
    assert list(zip(starts.tolist(), lengths.tolist(), strict=True)) == [
        (match.start(), len(match[0])) for match in re.finditer("x+", text)
    ]


@given(st.lists(st.text("ab", min_size=5, max_size=20), max_size=40))
def test_keys_tell_apart_what_begins_alike(words):
    """Up to fifteen bytes by themselves, given that the first eight are the same."""
    spans = Strings(words).spans
    known = {}
    for word, key in zip(words, spans.keys.tolist(), strict=True):
        assert known.setdefault((word[:8], key) if len(word) < 16 else word, word) == word


@given(st.lists(corpora, max_size=4))
def test_a_lexicon_numbers_strings_as_they_come(parts):
    lexicon, seen = Lexicon(), {}
    for part in parts:
        expected = [seen.setdefault(text, len(seen)) for text in part]
        assert lexicon.add(Strings(part)).tolist() == expected
    assert list(lexicon.strings) == list(seen)


def test_many_strings_with_a_common_beginning(rng):
    """Long ones: what is alike in the first bytes is told apart by the next, beyond 64 bytes one by one."""
    listed = ["x" * int(n) + "y" * int(m) for n, m in rng.integers(0, 140, (3000, 2))]
    strings = Strings(listed)
    assert [strings[at] for at in strings.sorted()] == sorted(listed)
    first = {text: at for at, text in reversed(list(enumerate(listed)))}
    assert strings.find(strings).tolist() == [first[text] for text in listed]


def test_strings_with_one_hash_are_told_apart(monkeypatch):
    """A hash that says nothing: every long string has the same."""

    def same_for_all(words, spans):
        return np.zeros(len(spans.lengths), np.uint64)

    monkeypatch.setattr(keys, "_hashed", same_for_all)
    listed = [f"a long string, number {at % 40}" + "!" * (at % 3) for at in range(300)] + ["short"]
    lexicon, seen = Lexicon(), {}
    assert lexicon.add(Strings(listed)).tolist() == [seen.setdefault(text, len(seen)) for text in listed]
    assert lexicon.find(Strings(listed)).tolist() == [seen[text] for text in listed]
    assert list(Tokens([listed])[0]) == listed


def test_eight_bytes_and_seven():
    """Where a short string's length is kept an eight-byte string has a byte of its own."""
    listed = ["abcdefg", "abcdefg\x07", "abcdefg\x00", "abcdefgh", "", "\0", "\0\0", "\0" * 8, "\0" * 7]
    assert Strings(listed).find(Strings(listed)).tolist() == list(range(len(listed)))


# --- documents ----------------------------------------------------------------------------------------------------------


@given(corpora)
@example(["ΑΣ ΣΑ", "İ", "Ⱥ K Å"])
def test_lower_case(listed):
    assert list(featkit.LowerCase()(listed)) == [text.lower() for text in listed]


def test_every_character_in_lower_case():
    listed = [
        chr(code) + "x" for code in range(0x110000) if not 0xD800 <= code < 0xE000 and chr(code).lower() != chr(code)
    ]
    assert len(listed) > 1300
    assert list(featkit.LowerCase()(listed)) == [text.lower() for text in listed]


@given(corpora)
def test_normal_forms(listed):
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert list(featkit.NormaliseUnicode(form)(listed)) == [unicodedata.normalize(form, text) for text in listed]


@given(corpora)
def test_accents(listed):
    taken_apart = [unicodedata.normalize("NFKD", text) for text in listed]
    without = ["".join(one for one in text if not unicodedata.combining(one)) for text in taken_apart]
    assert list(featkit.StripAccents()(listed)) == without
    assert list(featkit.StripAccents("ascii")(listed)) == [
        text.encode("ascii", "ignore").decode() for text in taken_apart
    ]


@given(corpora)
def test_white_space(listed):
    assert list(featkit.CollapseWhitespace()(listed)) == [re.sub(r"\s\s+", " ", text) for text in listed]


# --- tokens -------------------------------------------------------------------------------------------------------------


@given(corpora, st.integers(1, 4))
def test_words(listed, shortest):
    pattern = re.compile(rf"\w{{{shortest},}}")
    assert list(featkit.Words(shortest)(listed)) == [pattern.findall(text) for text in listed]


@given(corpora)
def test_what_white_space_splits(listed):
    assert list(featkit.SplitWhitespace()(listed)) == [text.split() for text in listed]


@given(corpora)
def test_what_an_expression_finds(listed):
    for pattern in (r"[^ ]+", r"(\w)\w*"):
        assert list(featkit.RegexTokens(pattern)(listed)) == [re.findall(pattern, text) for text in listed]


@given(corpora, st.integers(1, 3), st.integers(0, 3))
def test_character_ngrams(listed, low, more):
    high = low + more
    expected = [[text[at : at + n] for n in range(low, high + 1) for at in range(len(text) - n + 1)] for text in listed]
    assert list(featkit.CharacterNgrams(low, high)(listed)) == expected


@given(corpora, st.integers(1, 4), st.integers(0, 3))
def test_character_ngrams_in_words(listed, low, more):
    high = low + more

    def pieces(word):
        padded = f" {word} "
        if len(padded) < low:
            return [padded]
        return [padded[at : at + n] for n in range(low, high + 1) for at in range(len(padded) - n + 1)]

    got = list(featkit.WordCharacterNgrams(low, high)(listed))
    for found, text in zip(got, listed, strict=True):  # word by word in scikit-learn, by length here within a word
        assert Counter(found) == Counter(piece for word in text.split() for piece in pieces(word))


@given(st.lists(st.lists(st.text("ab中", max_size=3), max_size=7), max_size=6), st.integers(1, 3), st.integers(0, 2))
def test_word_ngrams(listed, low, more):
    high = low + more
    expected = [
        [" ".join(words[at : at + n]) for n in range(low, high + 1) for at in range(len(words) - n + 1)]
        for words in listed
    ]
    assert list(featkit.WordNgrams(low, high)(listed)) == expected


@given(corpora)
def test_cjk_ngrams(listed):
    han = "[中文のカ]"
    for found, text in zip(featkit.CjkNgrams(1, 2)(listed), listed, strict=True):
        if not set(text) <= set(LETTERS):
            continue
        expected = []
        for run in re.findall(rf"{han}+|(?:(?!{han})\w)+", text):
            if re.match(han, run):
                for at in range(len(run)):
                    expected += [run[at], *([run[at : at + 2]] if at + 1 < len(run) else [])]
            else:
                expected.append(run)
        assert found == expected


def test_tokens_are_lists_of_str():
    tokens = Tokens([["to", "be"], [], ["or", "to"]])
    assert list(tokens) == [["to", "be"], [], ["or", "to"]]
    assert tokens[1:] == Tokens([[], ["or", "to"]])
    assert tokens != Tokens([["to"], ["be"], ["or", "to"]])
    assert list(Tokens.joined([tokens, Tokens([["be"]])])) == [*tokens, ["be"]]
    assert list(tokens.kept(np.array([False, True, True, False]))) == [["be"], [], ["or"]]
    assert tokens.ids.tolist() == [0, 1, 2, 0]
    assert list(tokens.kept(np.array([False, True, True, False]))) == [["be"], [], ["or"]]  # as numbers now
    with pytest.raises(featkit.InputError, match="a step of 2"):
        tokens[::2]


def test_a_long_document_is_numbered_in_pieces(rng, monkeypatch):
    words = [f"w{number}" for number in rng.integers(0, 500, 5000)]
    whole = featkit.Words()([" ".join(words)])
    monkeypatch.setattr("featkit.text.tokens._AT_A_TIME", 97)
    pieces = featkit.Words()([" ".join(words)])
    assert pieces == whole
    assert pieces[0] == words


# --- counts -------------------------------------------------------------------------------------------------------------

numbers = st.lists(st.lists(st.integers(-1, 5), max_size=8), min_size=1, max_size=7)


@given(numbers, st.integers(1, 9))
def test_tally(listed, at_a_time):
    ids = np.array([number for row in listed for number in row], np.int32)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in listed])])
    expected = [[row.count(number) for number in range(6)] for row in listed]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("featkit.text.counts._AT_A_TIME", at_a_time)
        found = tally(ids, starts, 6)
        matrix = sparse.csr_array((found.counts, found.columns, found.starts), (len(listed), 6))
        assert matrix.toarray().tolist() == expected
        assert matrix.has_sorted_indices
        column = np.array([1, -1, 0, 0, 2, 1], np.int32)
        again = renumbered(found, column, 3)
        matrix = sparse.csr_array((again.counts, again.columns, again.starts), (len(listed), 3))
    renamed = [[sum(row[number] for number in range(6) if column[number] == to) for to in range(3)] for row in expected]
    assert matrix.toarray().tolist() == renamed


@given(corpora.filter(lambda listed: any(re.search(r"\w", text) for text in listed)), st.integers(0, 9))
def test_two_halves_merged_are_the_whole(listed, cut):
    tokens, learner = featkit.Words(1), featkit.Vocabulary()
    whole = learner.gather([tokens(listed)])
    halves = learner.merge(learner.gather([tokens(listed[:cut])]), learner.gather([tokens(listed[cut:])]))
    assert learner.finish(halves) == learner.finish(whole)
    assert halves.documents == whole.documents == len(listed)
    one, two = (
        dict(zip(half.lexicon.strings, half.document_frequencies.tolist(), strict=True)) for half in (halves, whole)
    )
    assert one == two == Counter(word for text in listed for word in set(re.findall(r"\w+", text)))
    order = halves.lexicon.strings
    assert dict(zip(order, halves.occurrences.tolist(), strict=True)) == Counter(
        word for text in listed for word in re.findall(r"\w+", text)
    )
    assert isinstance(halves, TermCounts)


def test_two_vocabularies_merged():
    assert list(merged(Strings(["b", "d"]), Strings(["a", "b", "c"]))) == ["a", "b", "c", "d"]


def test_what_is_no_term():
    known = Strings(["be", "to"])
    tokens = [["to", "be", "or", "not", "to", "be"]]
    assert featkit.BagOfWords(known)(tokens).toarray().tolist() == [[2, 2]]
    assert featkit.BagOfWords(known, "count")(tokens).toarray().tolist() == [[2, 2, 2]]
    hashed = featkit.BagOfWords(known, "hash", buckets=5)(tokens).toarray()[0]
    assert hashed[:2].tolist() == [2, 2]
    assert hashed.sum() == 6
    learned, (counts,) = featkit.Vocabulary(max_features=1, unknown="count").fit_apply([tokens])
    assert counts.toarray().tolist() == learned(tokens).toarray().tolist() == [[2, 4]]


def test_a_million_words_take_little_memory():
    strings = Strings([f"word{number}" for number in range(1_000_000)])
    strings.find(Strings(["word7"]))
    lexicon, _ = strings._index
    held = [strings.data, strings.offsets, lexicon._data, lexicon._offsets, lexicon._table]
    assert sum(array.nbytes for array in held) < 75e6
    assert strings.find(Strings(["word999999", "word1000000"])).tolist() == [999_999, -1]


# --- weights ------------------------------------------------------------------------------------------------------------

COUNTS = np.array([[1.0, 0, 3, 0], [2, 2, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])


def smart_by_hand(code, counts):
    """Manning, Raghavan & Schuetze, figure 6.15, one value after the other."""
    n, rows = len(counts), []
    for row in counts:
        held = [tf for tf in row if tf]
        weights = []
        for term, tf in enumerate(row):
            df = sum(1 for other in counts if other[term])
            weight = {
                "n": lambda tf: tf,
                "l": lambda tf: 1 + np.log(tf),
                "a": lambda tf, held=held: 0.5 + 0.5 * tf / max(held),
                "b": lambda tf: 1.0,
                "L": lambda tf, held=held: (1 + np.log(tf)) / (1 + np.log(sum(held) / len(held))),
            }[code[0]](tf) if tf else 0.0  # fmt: skip
            rare = {"n": 1.0, "t": np.log(n / df) if df else 0.0, "p": max(0.0, np.log((n - df) / df)) if df else 0.0}[
                code[1]
            ]
            weights.append(weight * rare)
        length = np.sqrt(sum(weight**2 for weight in weights)) if code[2] == "c" else 1.0
        rows.append([weight / length if length else weight for weight in weights])
    if code[2] == "u":  # Singhal, Buckley & Mitra, with a slope of 0.2
        different = [sum(1 for weight in row if weight) for row in rows]
        pivot = sum(different) / n
        rows = [[weight / (0.8 * pivot + 0.2 * u) for weight in row] for row, u in zip(rows, different, strict=True)]
    return np.array(rows)


@pytest.mark.parametrize("code", [a + b + c for a in "nlabL" for b in "ntp" for c in "ncu"])
def test_smart_codes(code):
    pipeline, expected = featkit.smart(code), smart_by_hand(code, COUNTS)
    pipeline = pipeline.fit([COUNTS])
    np.testing.assert_allclose(pipeline(COUNTS), expected, rtol=1e-12, atol=1e-15)
    made = pipeline(sparse.csr_array(COUNTS))
    assert sparse.issparse(made)
    np.testing.assert_allclose(made.toarray(), expected, rtol=1e-12, atol=1e-15)


def test_a_pivot_needs_documents():
    with pytest.raises(featkit.InputError, match="PivotedNorm has seen 2 documents without a term"):
        featkit.PivotedNorm().fit([np.zeros((2, 3))])
    with pytest.raises(featkit.ParameterError, match=r"PivotedScale takes a slope from 0 to 1, got slope=1\.5"):
        featkit.PivotedScale(1.0, 1.5)


@pytest.mark.parametrize("code", ["", "lt", "xtc", "luc", "ltb", "ltcc", "ltx"])
def test_other_smart_codes_are_refused(code):
    with pytest.raises(featkit.ParameterError, match="a SMART code has one of"):
        featkit.smart(code)


@pytest.mark.parametrize("kind", ["plus_one", "probabilistic"])
def test_bm25(kind):
    k1, b, n, lengths = 1.5, 0.6, len(COUNTS), COUNTS.sum(axis=1)
    mean = lengths.mean()
    expected = np.zeros_like(COUNTS)
    for d, row in enumerate(COUNTS):
        for term, tf in enumerate(row):
            df = np.count_nonzero(COUNTS[:, term])
            odds = (n - df + 0.5) / (df + 0.5)
            rare = np.log(1 + odds) if kind == "plus_one" else np.log(odds)
            expected[d, term] = rare * tf * (k1 + 1) / (tf + k1 * (1 - b + b * lengths[d] / mean)) if tf else 0
    fitted = featkit.Bm25(k1, b, kind).fit([COUNTS[:2], COUNTS[2:]])
    np.testing.assert_allclose(fitted(COUNTS), expected, rtol=1e-12)
    np.testing.assert_allclose(fitted(sparse.csr_array(COUNTS)).toarray(), expected, rtol=1e-12)


def test_unit_norm_of_sparse_rows():
    for norm in (0.0, 1.0, 2.0, 3.0, np.inf):
        dense = featkit.UnitNorm(norm)(COUNTS)
        np.testing.assert_allclose(featkit.UnitNorm(norm)(sparse.csr_array(COUNTS)).toarray(), dense, rtol=1e-12)


# --- what comes in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("one text", "documents are a list of str, got one str; put it in a list"),
        ([b"bytes"], r"string 0 is bytes \(b'bytes'\.\.\.\); decode them first"),
        (["fine", None], "string 1 is None, of type NoneType; give str"),
        (np.zeros(3), "an array of type float64 and shape"),
        (7, "documents are a list of str, got int"),
    ],
)
def test_what_is_no_document(rows, message):
    with pytest.raises(featkit.InputError, match=message):
        featkit.Words()(rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["not cut"], "document 0 is str, not a list of tokens; put a tokeniser before"),
        ("text", "tokens are a list of lists of str, got str"),
        ([["fine"], [3]], "string 1 is 3, of type int"),
    ],
)
def test_what_is_no_token(rows, message):
    with pytest.raises(featkit.InputError, match=message):
        featkit.BagOfWords(Strings(["fine"]))(rows)


def test_arrays_of_str_are_documents():
    assert featkit.Words()(np.array(["to be", "or"]))[0] == ["to", "be"]
    assert featkit.Words()(np.array(["to be", "or"], object))[1] == ["or"]


def test_a_missing_dictionary_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rjieba", None)
    with pytest.raises(featkit.MissingExtra, match=r"featkit\[zh\].*CjkNgrams"):
        featkit.ChineseWords()(["中文"])


def test_a_vocabulary_has_each_term_once():
    with pytest.raises(featkit.ParameterError, match="'a' twice, at 0 and 2"):
        featkit.BagOfWords(Strings(["a", "b", "a"]))
    with pytest.raises(featkit.ParameterError, match="empty"):
        featkit.BagOfWords(Strings([]))


@pytest.mark.parametrize("name", ["word", "word1", "whitespace", "char", "char_wb", "cjk", "regex:[a-z]+"])
def test_tokenisers_by_name(name):
    assert featkit.bow(name).fit([["this is a test"]])(["this is a test"]).sum() > 0
    with pytest.raises(featkit.ParameterError, match="did you mean 'word'"):
        featkit.tokeniser("words")
