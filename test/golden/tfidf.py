"""Golden values of src/features' tfidf from scikit-learn. Run: python test/golden/tfidf.py > test/golden/tfidf.json"""

import json
import sys

import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer

texts = [
    "the cat sat on the mat",
    "The dog sat",
    "a cat and a dog",
    "cat, cat; CAT!",
    "naïve café",
    "",
    "42 dogs and 1 cat",
    "sat_on it",
]


def golden(**options):
    vectorizer = TfidfVectorizer(token_pattern=r"(?u)\w+", **options)
    matrix = vectorizer.fit_transform(texts).toarray()
    return {
        "terms": list(vectorizer.get_feature_names_out()),
        "values": [[round(float(value), 9) for value in row] for row in matrix],
    }


json.dump(
    {
        "versions": {"scikit-learn": sklearn.__version__},
        "texts": texts,
        "words": golden(),
        "pairs": golden(ngram_range=(1, 2)),
        "sublinear": golden(ngram_range=(1, 2), sublinear_tf=True),
    },
    sys.stdout,
    ensure_ascii=False,
)
print()
