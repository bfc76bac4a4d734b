"""Golden values of selectBest and varianceThreshold from scikit-learn. Run: python test/golden/selection.py > test/golden/selection.json"""

import json
import sys

import numpy
import sklearn
from sklearn.feature_selection import (
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
    mutual_info_classif,
    mutual_info_regression,
)

random = numpy.random.default_rng(3)
n = 300
a = random.normal(size=n)
b = random.normal(size=n)
columns = {
    "signal": a,
    "square": a**2 + 0.3 * random.normal(size=n),
    "weak": b + 2 * random.normal(size=n),
    "noise": random.normal(size=n),
    "skewed": numpy.exp(2 * a + random.normal(size=n)) * 1e6,
    "far": 1e4 + a + random.normal(size=n),
    "dice": random.integers(1, 7, size=n) + (a > 0.5) * 1.0,
    "flag": (b > 0.2) * 1.0,
    "constant": numpy.full(n, 0.1),
}
discrete = [name in ("dice", "flag", "constant") for name in columns]
x = numpy.column_stack(list(columns.values()))
number = a + 0.5 * b**2 + 0.3 * random.normal(size=n)
classes = numpy.digitize(number, [-0.5, 1.2])


def best(score, y, **how):
    def scores(x, y):
        return score(x, y, discrete_features=discrete, random_state=0, **how)

    return {
        "scores": scores(x, y).tolist(),
        "best 4": SelectKBest(scores, k=4).fit(x, y).get_support().tolist(),
        "half": SelectPercentile(scores, percentile=50).fit(x, y).get_support().tolist(),
    }


spread = numpy.column_stack(
    [
        numpy.full(40, 3.5),
        numpy.where(numpy.arange(40) == 7, 1.0, 0.0),
        random.normal(size=40) * 0.1,
        random.normal(size=40) * 1e3,
        numpy.where(numpy.arange(40) < 4, numpy.nan, 2.0),
        numpy.where(numpy.arange(40) < 4, numpy.nan, numpy.arange(40) * 1.0),
    ]
)

json.dump(
    {
        "versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__},
        "names": list(columns),
        "x": [list(map(float, values)) for values in columns.values()],
        "number": number.tolist(),
        "classes": classes.tolist(),
        "classification": {
            str(k): best(mutual_info_classif, classes, n_neighbors=k) for k in (1, 3, 10)
        },
        "regression": {
            str(k): best(mutual_info_regression, number, n_neighbors=k) for k in (1, 3, 10)
        },
        "spread": [[None if v != v else float(v) for v in values] for values in spread.T],
        "threshold": {
            str(t): VarianceThreshold(threshold=t).fit(spread).get_support().tolist()
            for t in (0.0, 0.005, 0.03, 100.0)
        },
    },
    sys.stdout,
    separators=(",", ":"),
)
print()
