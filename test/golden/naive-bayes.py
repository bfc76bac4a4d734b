"""Golden fits of multinomial and complement naive Bayes by scikit-learn.

Writes naive-bayes.json beside this file. Made with scikit-learn 1.9.1, numpy 2.4.6: python test/golden/naive-bayes.py
The data follow from formulas that count-bayes.test.ts repeats.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.naive_bayes import ComplementNB, MultinomialNB

i, j = np.meshgrid(np.arange(45), np.arange(12), indexing="ij")
X = np.maximum(0, np.floor(4 * np.sin(i * 1.7 + j * 0.9 + (i % 3) * j) - 1)) + (j == i % 3) * (i % 5)
codes = np.arange(45) % 3
two = (codes == 1).astype(int)
weights = {"equal": np.ones(45), "unequal": 0.5 + np.arange(45) % 4}
cases = []
for weighted, w in weights.items():
    for classes, y in [(3, codes), (2, two)]:
        for smoothing in [1.0, 0.1]:
            options = dict(weight=weighted, classes=classes, smoothing=smoothing)
            fit = MultinomialNB(alpha=smoothing).fit(X, y, sample_weight=w)
            cases.append(dict(family="multinomial", **options, probabilities=fit.predict_proba(X).ravel().tolist()))
            for norm in [False, True]:
                fit = ComplementNB(alpha=smoothing, norm=norm).fit(X, y, sample_weight=w)
                cases.append(dict(family="complement", normalize=norm, **options,
                                  probabilities=fit.predict_proba(X).ravel().tolist()))
out = dict(made_with=f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", cases=cases)
(pathlib.Path(__file__).parent / "naive-bayes.json").write_text(json.dumps(out, indent=1) + "\n")
