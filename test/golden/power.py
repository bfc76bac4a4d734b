"""Golden values of powerTransform from scikit-learn's PowerTransformer. Run: python test/golden/power.py > test/golden/power.json"""

import json
import sys

import numpy
import scipy
import sklearn
from sklearn.preprocessing import PowerTransformer

random = numpy.random.default_rng(7)
columns = {
    "normal": random.normal(size=80),
    "log-normal": numpy.exp(random.normal(size=80)),
    "heavy tail": random.pareto(1.2, size=80) + 0.01,
    "skewed left": -numpy.exp(random.normal(size=80)) + 3,
    "counts": random.poisson(2.0, size=80) + 1.0,
    "ages": numpy.clip(random.normal(38, 14, size=80), 17, 90).round(1),
    "amounts": (numpy.exp(random.normal(size=80)) * 1e5).round(2),
    "small": numpy.exp(random.normal(size=80)) * 1e-3,
    "few values": random.choice([1.0, 2.0, 10.0], size=80),
    "missing": numpy.where(random.random(80) < 0.2, numpy.nan, random.gamma(2.0, size=80)),
}


def golden(method, values):
    fitted = PowerTransformer(method=method).fit(values[:, None])
    return {
        "lambda": float(fitted.lambdas_[0]),
        "values": [None if v != v else float(v) for v in fitted.transform(values[:, None])[:, 0]],
    }


json.dump(
    {
        "versions": {
            "scikit-learn": sklearn.__version__,
            "scipy": scipy.__version__,
            "numpy": numpy.__version__,
        },
        "columns": [
            {
                "name": name,
                "x": [None if v != v else float(v) for v in values],
                "yeoJohnson": golden("yeo-johnson", values),
                "boxCox": golden("box-cox", values) if numpy.nanmin(values) > 0 else None,
            }
            for name, values in columns.items()
        ],
    },
    sys.stdout,
    separators=(",", ":"),
)
print()
