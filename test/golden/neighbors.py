"""Golden answers of nearest neighbours by scikit-learn.

Writes neighbors.json beside this file. Made with scikit-learn 1.9.1, numpy 2.4.6: python test/golden/neighbors.py
The data follow from formulas that nearest-neighbors.test.ts repeats.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor


def features(i):
    return np.stack([np.sin(i * 1.7), 3 * np.cos(i * 0.9) + 5, np.floor(i / 7) % 3], 1)


i = np.arange(60)
X = features(i)
number = X[:, 0] - X[:, 1] + np.sin(i * 5.1)
classes = np.digitize(number, [-6, -3.5])
asked = np.concatenate([features(np.arange(20) + 0.37), X[:5]])
cases = []
for neighbors in [1, 5, 60]:
    for weighting in ["uniform", "distance"]:
        options = dict(n_neighbors=neighbors, weights=weighting, algorithm="brute")
        cases.append(dict(
            neighbors=neighbors, weighting=weighting,
            number=KNeighborsRegressor(**options).fit(X, number).predict(asked).tolist(),
            classes=KNeighborsClassifier(**options).fit(X, classes).predict_proba(asked).ravel().tolist(),
        ))
out = dict(made_with=f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", cases=cases)
(pathlib.Path(__file__).parent / "neighbors.json").write_text(json.dumps(out, indent=1) + "\n")
