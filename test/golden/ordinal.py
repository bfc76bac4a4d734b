"""Golden fits of ordinal logistic regression, by scipy's minimiser on the plain likelihood.

Writes ordinal.json beside this file. Made with scipy 1.17.1, numpy 2.4.6: python test/golden/ordinal.py
The data follow from formulas that the tests repeat.
"""
import json
import pathlib

import numpy as np
import scipy
from scipy.optimize import minimize
from scipy.special import expit

n = 80
i = np.arange(n)
X = np.stack([np.sin(i * 1.7), 3 * np.cos(i * 0.9) + 5, np.floor(i / 7) % 3], 1)
signal = 1.5 * X[:, 0] + 0.4 * X[:, 1] - 0.5 * X[:, 2] + 0.9 * np.sin(i * 5.1)
levels = np.digitize(signal, [0.6, 1.8, 3.0])
weights = {"equal": np.ones(n), "unequal": 1.0 + i % 3}


def probabilities(v, count):
    up_to = expit(v[3:][None, :] - (X @ v[:3])[:, None])
    return np.diff(np.column_stack([np.zeros(n), up_to, np.ones(n)]), axis=1)


fits = []
for weighted, w in weights.items():
    for l2 in [1e-9, 0.5, 20.0]:
        def loss(v):
            if np.any(np.diff(v[3:]) <= 0):
                return 1e9
            p = probabilities(v, 4)[i, levels]
            return -(w * np.log(np.maximum(p, 1e-300))).sum() + 0.5 * l2 * (v[:3] ** 2).sum()

        v = np.array([0, 0, 0, -1.0, 0, 1.0])
        for _ in range(40):
            v = minimize(loss, v, method="Nelder-Mead", options=dict(xatol=1e-11, fatol=1e-13, maxiter=20000, maxfev=20000)).x
        fits.append(dict(weight=weighted, l2=l2, coefficients=v[:3].tolist(), thresholds=v[3:].tolist(), loss=float(loss(v)),
                         probabilities=probabilities(v, 4).ravel().tolist()))

out = dict(made_with=f"scipy {scipy.__version__}, numpy {np.__version__}", fits=fits)
(pathlib.Path(__file__).parent / "ordinal.json").write_text(json.dumps(out, indent=1) + "\n")
