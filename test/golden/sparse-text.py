"""Golden values of a sparse text model from scikit-learn: word 1-2 and character 2-5 grams, logistic regression.

Run: python test/golden/sparse-text.py > test/golden/sparse-text.json
"""

import json
import random
import re
import sys

import numpy
import scipy.sparse
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

random.seed(7)
syllables = ["ka", "lo", "mi", "ru", "te", "no", "sa", "vi", "de", "pu", "han", "gor"]
words = [
    [s for s in {"".join(random.choices(syllables, k=random.randint(1, 3))) for _ in range(40)}] for _ in range(3)
]
for topic in words:
    topic.sort()
labels = [i % 3 for i in range(150)]
texts = []
for label in labels:
    picked = [random.choice(words[label] if random.random() < 0.6 else random.choice(words)) for _ in range(8)]
    picked = [w.capitalize() if random.random() < 0.2 else w for w in picked]
    texts.append("".join(w + random.choice([" ", ", ", " - ", "! "]) for w in picked))


def character_runs(text):
    """As analyzer="char_wb", but a word shorter than a run gives none of that length."""
    text = re.sub(r"\W+", " ", " " + text.lower() + " ")
    found = []
    for word in text.split():
        padded = " " + word + " "
        for n in range(2, 6):
            found += [padded[i : i + n] for i in range(len(padded) - n + 1)]
    return found


runs = TfidfVectorizer(analyzer=character_runs, sublinear_tf=True)
pairs = TfidfVectorizer(token_pattern=r"(?u)\w+", ngram_range=(1, 2), sublinear_tf=True)
x_runs, x_pairs = runs.fit_transform(texts), pairs.fit_transform(texts)
x = scipy.sparse.hstack([x_pairs, x_runs]).tocsr()
model = LogisticRegression(C=2, tol=1e-12, max_iter=10000).fit(x, labels)
two = LogisticRegression(C=2, tol=1e-12, max_iter=10000).fit(x, numpy.array(labels) == 0)
json.dump(
    {
        "versions": {"scikit-learn": sklearn.__version__},
        "texts": texts,
        "labels": labels,
        "runs": list(runs.get_feature_names_out()),
        "runValues": [[[int(j), round(float(x_runs[i, j]), 9)] for j in x_runs[i].indices] for i in range(0, 150, 30)],
        "columns": x.shape[1],
        "probabilities": [[round(float(p), 8) for p in row] for row in model.predict_proba(x)[:20]],
        "twoClasses": [round(float(p), 8) for p in two.predict_proba(x)[:20, 1]],
    },
    sys.stdout,
    ensure_ascii=False,
)
print()
