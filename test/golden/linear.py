"""Golden fits of linear models by scikit-learn.

Writes linear.json beside this file. Made with scikit-learn 1.9.1, numpy 2.4.6: python test/golden/linear.py
The data follow from formulas that linear.test.ts repeats.
"""
import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    TweedieRegressor,
    enet_path,
    lasso_path,
)
from sklearn.svm import SVC, LinearSVC

warnings.simplefilter("ignore")
i = np.arange(60)
X = np.stack([np.sin(i * 1.7), 3 * np.cos(i * 0.9) + 5, 0.1 * np.sin(i * 2.3 + 1), np.floor(i / 7) % 3], 1)
s = 1.5 * X[:, 0] - 0.6 * (X[:, 1] - 5) + 8 * X[:, 2]
noisy = s + 2 * np.sin(i * 5.1)
targets = {"number": s + np.sin(i * 5.1), "two": (noisy > 0.3).astype(int), "three": np.digitize(noisy, [-1.2, 1.1])}
outliers = np.where(i % 9 == 4, 12.0 * np.sin(i), 0)
targets |= {
    "count": np.floor(np.exp(0.4 * s + 0.5 * np.sin(i * 5.1)) * 2),
    "amount": np.exp(0.4 * s + 0.5 * np.sin(i * 5.1)),
    "outliers": targets["number"] + outliers,
}
weights = {"equal": np.ones(60), "unequal": 1.0 + i % 3}
cases = []
for weighted, w in weights.items():
    for target, l2 in [("two", 1), ("two", 0.1), ("three", 1), ("three", 10)]:
        y = targets[target]
        fit = LogisticRegression(C=1 / l2, solver="newton-cholesky", tol=1e-14, max_iter=10000).fit(X, y, sample_weight=w)
        loss = -(w * fit.predict_log_proba(X)[i, y]).sum() + 0.5 * l2 * (fit.coef_**2).sum()
        cases.append(dict(family="logistic", target=target, weight=weighted, l2=l2, objective=float(loss),
                          coefficients=fit.coef_.tolist(), intercepts=fit.intercept_.tolist()))
    y = targets["number"]
    for l2 in [0.5, 20]:
        fit = Ridge(alpha=l2).fit(X, y, sample_weight=w)
        cases.append(dict(family="ridge", target="number", weight=weighted, l2=l2,
                          coefficients=[fit.coef_.tolist()], intercepts=[float(fit.intercept_)]))
    for strength, ratio in [(0.1, 0.5), (0.5, 1.0), (0.05, 0.2)]:
        fit = ElasticNet(alpha=strength, l1_ratio=ratio, tol=1e-14, max_iter=1000000).fit(X, y, sample_weight=w)
        cases.append(dict(family="elasticNet", target="number", weight=weighted, lambda_=strength, l1Ratio=ratio,
                          coefficients=[fit.coef_.tolist()], intercepts=[float(fit.intercept_)]))
    total = w.sum()
    exact = dict(solver="newton-cholesky", tol=1e-14, max_iter=1000)
    for family, target, l2, power, make in [
        ("poisson", "count", 1.0, None, lambda l2, p: PoissonRegressor(alpha=l2 / total, **exact)),
        ("poisson", "count", 0.01, None, lambda l2, p: PoissonRegressor(alpha=l2 / total, **exact)),
        ("gamma", "amount", 2.0, None, lambda l2, p: GammaRegressor(alpha=l2 / total, **exact)),
        ("tweedie", "count", 0.5, 1.3, lambda l2, p: TweedieRegressor(power=p, link="log", alpha=l2 / total, **exact)),
        ("tweedie", "count", 3.0, 1.7, lambda l2, p: TweedieRegressor(power=p, link="log", alpha=l2 / total, **exact)),
    ]:
        fit = make(l2, power).fit(X, targets[target], sample_weight=w)
        cases.append(dict(family=family, target=target, weight=weighted, l2=l2, power=power,
                          coefficients=[fit.coef_.tolist()], intercepts=[float(fit.intercept_)]))
    for epsilon, l2 in [(1.35, 0.5), (1.1, 5.0), (2.5, 0.001)]:
        y = targets["outliers"]
        fit = HuberRegressor(epsilon=epsilon, alpha=l2, tol=1e-12, max_iter=100000).fit(X, y, sample_weight=w)
        z = np.abs(y - fit.predict(X)) / fit.scale_
        loss = (w * (fit.scale_ + fit.scale_ * np.where(z < epsilon, z**2, 2 * epsilon * z - epsilon**2))).sum()
        cases.append(dict(family="huber", target="outliers", weight=weighted, l2=l2, epsilon=epsilon, scale=float(fit.scale_),
                          objective=float(loss + l2 * (fit.coef_**2).sum()) / 2,
                          coefficients=[fit.coef_.tolist()], intercepts=[float(fit.intercept_)]))
    for level, l1 in [(0.5, 1e-6), (0.9, 1e-6), (0.25, 2.0), (0.5, 8.0)]:
        y = targets["outliers"]
        fit = QuantileRegressor(quantile=level, alpha=l1 / total, solver="highs").fit(X, y, sample_weight=w)
        e = y - fit.predict(X)
        loss = (w * np.maximum(level * e, (level - 1) * e)).sum() + l1 * np.abs(fit.coef_).sum()
        cases.append(dict(family="quantile", target="outliers", weight=weighted, l1=l1, level=level, objective=float(loss),
                          coefficients=[fit.coef_.tolist()], intercepts=[float(fit.intercept_)]))

# Paths: rows enter centred, since the path functions fit no constant. The second table has more features than rows.
k = np.arange(300)[None, :]
wide = np.sin(i[:30, None] * (0.37 + 0.011 * k) + k)
wide_y = 2 * wide[:, 3] - wide[:, 40] + 0.5 * wide[:, 200] + 0.3 * np.sin(i[:30] * 5.1)
paths = []
for table, x, y in [("narrow", X, targets["number"]), ("wide", wide, wide_y)]:
    centred, yc = x - x.mean(0), y - y.mean()
    for ratio in [1.0, 0.5]:
        alphas, coefficients, _ = enet_path(centred, yc, l1_ratio=ratio, n_alphas=20, eps=1e-2, tol=1e-15, max_iter=1000000)
        if ratio == 1.0:
            alphas, coefficients, _ = lasso_path(centred, yc, alphas=alphas, tol=1e-15, max_iter=1000000)
        paths.append(dict(table=table, l1Ratio=ratio, lambdas=alphas.tolist(),
                          coefficients=[{int(j): float(b[j]) for j in np.flatnonzero(b)} for b in coefficients.T]))

for weighted, w in weights.items():
    for l2 in [1.0, 0.1]:
        y = targets["two"]
        t = 2 * y - 1
        for loss in ["squaredHinge", "hinge"]:
            # An intercept scaled so far is hardly penalised; SVC does not penalise its own.
            fit = (LinearSVC(C=1 / l2, dual=False, tol=1e-13, max_iter=10000000, intercept_scaling=1e3) if loss == "squaredHinge"
                   else SVC(kernel="linear", C=1 / l2, tol=1e-10)).fit(X, y, sample_weight=w)
            short = np.maximum(0, 1 - t * fit.decision_function(X))
            value = (w * (short**2 if loss == "squaredHinge" else short)).sum() + 0.5 * l2 * (fit.coef_**2).sum()
            cases.append(dict(family="linearSvm", target="two", weight=weighted, l2=l2, loss=loss, objective=float(value),
                              coefficients=fit.coef_.tolist(), intercepts=fit.intercept_.tolist()))
out = dict(made_with=f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", cases=cases, paths=paths)
(pathlib.Path(__file__).parent / "linear.json").write_text(json.dumps(out, indent=1) + "\n")
