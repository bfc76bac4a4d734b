"""Golden values of src/evaluate from SciPy. Run: python test/golden/comparison.py > test/golden/comparison.json"""

import json
import platform
import sys

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20261121)


def delong(y, a, b):
    """DeLong, DeLong & Clarke-Pearson 1988, pair by pair."""
    positives, negatives = np.where(y == 1)[0], np.where(y == 0)[0]
    v10, v01 = [], []
    for s in (a, b):
        wins = (s[positives][:, None] > s[negatives][None, :]) + 0.5 * (s[positives][:, None] == s[negatives][None, :])
        v10.append(wins.mean(axis=1))
        v01.append(wins.mean(axis=0))
    covariance = np.cov(np.array(v10)) / len(positives) + np.cov(np.array(v01)) / len(negatives)
    contrast = np.array([-1, 1])
    gain = v10[1].mean() - v10[0].mean()
    error = np.sqrt(contrast @ covariance @ contrast)
    return {"gain": float(gain), "standardError": float(error), "pValue": float(2 * stats.norm.sf(abs(gain / error)))}


y = (rng.random(80) < 0.4).astype(int)
a = np.round(rng.normal(size=80) + y, 1)
b = np.round(0.5 * a + rng.normal(size=80) + y, 1)
zs = [-9, -6.5, -3, -1.959963984540054, -1, -0.3, -1e-8, 0, 1e-3, 0.5, 1, 1.7, 2, 4, 8]
chances = [1e-12, 1e-6, 0.001, 0.025, 0.2, 0.4999, 0.5, 0.77, 0.975, 0.999999]
ts = [0, 0.01, 0.5, 1, 2.3, 5, 40]
degrees = [1, 2, 4, 9.5, 24, 1000]
differences = rng.normal(0.01, 0.02, 25)
error = differences.std(ddof=1) * np.sqrt(1 / 25 + 1 / 4)

json.dump(
    {
        "made": {
            "script": "test/golden/comparison.py",
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
        "normalCdf": [[z, float(stats.norm.cdf(z))] for z in zs],
        "normalTwoSided": [[z, float(2 * stats.norm.sf(abs(z)))] for z in zs],
        "normalQuantile": [[c, float(stats.norm.ppf(c))] for c in chances],
        "studentTwoSided": [[t, d, float(2 * stats.t.sf(t, d))] for t in ts for d in degrees],
        "studentQuantile": [[c, d, float(stats.t.ppf((1 + c) / 2, d))] for c in (0.5, 0.9, 0.95, 0.999) for d in degrees],
        "delong": {"y": y.tolist(), "a": a.tolist(), "b": b.tolist(), **delong(y, a, b)},
        "correctedT": {
            "differences": differences.tolist(),
            "t": float(differences.mean() / error),
            "pValue": float(2 * stats.t.sf(abs(differences.mean() / error), 24)),
            "low": float(differences.mean() - stats.t.ppf(0.975, 24) * error),
            "high": float(differences.mean() + stats.t.ppf(0.975, 24) * error),
        },
    },
    sys.stdout,
)
print()
