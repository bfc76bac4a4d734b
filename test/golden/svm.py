"""Golden fits of support vector machines by scikit-learn.

Writes svm.json beside this file. Made with scikit-learn 1.9.1, numpy 2.4.6: python test/golden/svm.py
The data follow from formulas that svm.test.ts repeats. The dual objective is worked out from the coefficients.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC, SVR

i = np.arange(70)
X = np.stack([np.sin(i * 1.7), 2 * np.cos(i * 0.9) + 5, np.floor(i / 7) % 3], 1)
number = np.sin(3 * X[:, 0]) + 0.5 * (X[:, 1] - 5) + 0.3 * np.sin(i * 5.1)
codes = (number > 0.2).astype(int)
weights = {"equal": np.ones(70), "unequal": 1.0 + i % 3}
target = (number - number.mean()) / number.std()
cases = []
for weighted, w in weights.items():
    for c, gamma in [(1.0, "scale"), (10.0, 0.7)]:
        fit = SVC(C=c, gamma=gamma, tol=1e-9).fit(X, codes, sample_weight=w)
        K = rbf_kernel(fit.support_vectors_, gamma=fit._gamma)
        b = fit.dual_coef_[0]
        cases.append(dict(kind="classes", weight=weighted, c=c, gamma=fit._gamma, scale=gamma == "scale",
                          objective=float(0.5 * b @ K @ b - np.abs(b).sum()), support=len(b),
                          decision=fit.decision_function(X).tolist()))
        if weighted == "equal":
            fit = SVR(C=c, gamma=gamma, epsilon=0.2, tol=1e-9).fit(X, target)
            K = rbf_kernel(fit.support_vectors_, gamma=fit._gamma)
            b = fit.dual_coef_[0]
            cases.append(dict(kind="number", weight=weighted, c=c, gamma=fit._gamma, scale=gamma == "scale",
                              objective=float(0.5 * b @ K @ b - b @ target[fit.support_] + 0.2 * np.abs(b).sum()),
                              support=len(b), decision=(fit.predict(X) * number.std() + number.mean()).tolist()))
out = dict(made_with=f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", cases=cases)
(pathlib.Path(__file__).parent / "svm.json").write_text(json.dumps(out, indent=1) + "\n")
