"""Golden fits of isotonic regression by scikit-learn.

Writes isotonic.json beside this file. Made with scikit-learn 1.9.1, numpy 2.4.6: python test/golden/isotonic.py
The data follow from formulas that isotonic.test.ts repeats.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.isotonic import IsotonicRegression

i = np.arange(80)
x = np.floor(40 * np.sin(i * 1.7)) / 8
y = np.tanh(x / 3) + 0.5 * np.sin(i * 5.1)
asked = np.linspace(-7, 7, 57)
cases = []
for rising in [True, False]:
    for weight, w in {"equal": np.ones(80), "unequal": 1.0 + i % 3}.items():
        fit = IsotonicRegression(increasing=rising, out_of_bounds="clip").fit(x, y if rising else -y, sample_weight=w)
        cases.append(dict(rising=rising, weight=weight, answers=fit.predict(asked).tolist()))
out = dict(made_with=f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", cases=cases)
(pathlib.Path(__file__).parent / "isotonic.json").write_text(json.dumps(out, indent=1) + "\n")
