"""The peers' side of boosting-accuracy.ts: LightGBM and HistGradientBoosting at their defaults on the same folds."""
import json
import sys
import warnings

import lightgbm
import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

warnings.filterwarnings("ignore")
job = json.loads(sys.argv[1])
rows, cardinalities, classes = job["rows"], job["cardinalities"], job["classes"]
features = len(cardinalities)
flat = np.fromfile(job["file"], dtype=np.float64)
x = np.ascontiguousarray(flat[: rows * features].reshape(features, rows).T)
y = flat[rows * features : rows * (features + 1)]
y = y.astype(int) if classes else y
folds = flat[rows * (features + 1) :].reshape(-1, rows).astype(int)
categories = [j for j, count in enumerate(cardinalities) if count > 0]
# HistGradientBoosting takes at most 255 categories natively; wider ones stay ordinal.
narrow = [j for j in categories if cardinalities[j] <= 255]


def score(truth, answer):
    if not classes:
        return -float(np.sqrt(np.mean((truth - answer) ** 2)))
    if classes == 2:
        return float(roc_auc_score(truth, answer[:, 1]))
    return -float(log_loss(truth, answer, labels=range(classes)))


scores = {"lightgbm": [], "hist": []}
with threadpool_limits(1):
    for repeat, fold in enumerate(folds):
        for part in range(5):
            train, test = fold != part, fold == part
            light = (lightgbm.LGBMClassifier if classes else lightgbm.LGBMRegressor)(n_jobs=1, verbosity=-1)
            light.fit(x[train], y[train], categorical_feature=categories or "auto")
            hist = (HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor)(
                categorical_features=narrow or None, random_state=repeat
            )
            hist.fit(x[train], y[train])
            for name, model in (("lightgbm", light), ("hist", hist)):
                answer = model.predict_proba(x[test]) if classes else model.predict(x[test])
                scores[name].append(score(y[test], answer))
print(json.dumps({"scores": scores, "versions": f"lightgbm {lightgbm.__version__}, scikit-learn {sklearn.__version__}"}))
