"""Peers of bench/train-accuracy.ts: default single models on the same files, columns and metric.

Reads one JSON request from standard input: {train, test, target, columns, task, positive, metric};
writes one JSON line {name: score}. Categories are one-hot for the linear model, ordinal for the forest,
native for LightGBM and HistGradientBoosting.
"""
import json
import sys
import warnings

import lightgbm
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (HistGradientBoostingClassifier, HistGradientBoostingRegressor,
                              RandomForestClassifier, RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

warnings.filterwarnings("ignore")
request = json.load(sys.stdin)
missing = ["?", ""]
train = pd.read_csv(request["train"], na_values=missing)
test = pd.read_csv(request["test"], na_values=missing)
target = request["target"]
train, test = train[train[target].notna()], test[test[target].notna()]
columns = request["columns"]
regression = request["task"] == "regression"
numbers = [c for c in columns if pd.api.types.is_numeric_dtype(train[c])]
words = [c for c in columns if c not in numbers]
x, xt = train[columns].copy(), test[columns].copy()
for c in words:
    x[c], xt[c] = x[c].astype(object).where(x[c].notna(), None), xt[c].astype(object).where(xt[c].notna(), None)
if regression:
    y, yt = train[target].to_numpy(float), test[target].to_numpy(float)
else:
    labels = sorted(train[target].astype(str).unique())
    y, yt = train[target].astype(str), test[target].astype(str)


def score(model, a, b):
    model.fit(a, y)
    if regression:
        return float(np.sqrt(mean_squared_error(yt, model.predict(b))))
    probabilities = model.predict_proba(b)
    if request["metric"] == "rocAuc":
        at = list(model.classes_).index(request["positive"])
        return float(roc_auc_score(yt == request["positive"], probabilities[:, at]))
    return float(log_loss(yt, probabilities, labels=list(model.classes_)))


few = [c for c in words if x[c].nunique() <= 200]
linear_columns = ColumnTransformer([
    ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
    ("words", make_pipeline(SimpleImputer(strategy="constant", fill_value="(none)"),
                            OneHotEncoder(handle_unknown="ignore", min_frequency=5)), few),
])
ordinal = ColumnTransformer([
    ("numbers", SimpleImputer(strategy="median", add_indicator=True), numbers),
    ("words", make_pipeline(SimpleImputer(strategy="constant", fill_value="(none)"),
                            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)), words),
])
xc, xtc = x.copy(), xt.copy()
for c in words:
    known = sorted(x[c].dropna().astype(str).unique())
    xc[c] = pd.Categorical(x[c].astype(str).where(x[c].notna()), known)
    xtc[c] = pd.Categorical(xt[c].astype(str).where(xt[c].notna()), known)
hist = {"categorical_features": "from_dtype", "random_state": 0}
narrow = [c for c in columns if c in numbers or xc[c].nunique() <= 255]
jobs = 2
results = {}
if regression:
    results["ridge"] = score(make_pipeline(linear_columns, RidgeCV(np.logspace(-4, 4, 17))), x, xt)
    results["random forest"] = score(make_pipeline(ordinal, RandomForestRegressor(200, n_jobs=jobs, random_state=0)), x, xt)
    results["LightGBM"] = score(lightgbm.LGBMRegressor(verbose=-1, n_jobs=jobs, random_state=0), xc, xtc)
    results["HistGradientBoosting"] = score(HistGradientBoostingRegressor(**hist), xc[narrow], xtc[narrow])
else:
    results["logistic"] = score(make_pipeline(linear_columns, LogisticRegression(max_iter=2000)), x, xt)
    results["random forest"] = score(make_pipeline(ordinal, RandomForestClassifier(200, n_jobs=jobs, random_state=0)), x, xt)
    results["LightGBM"] = score(lightgbm.LGBMClassifier(verbose=-1, n_jobs=jobs, random_state=0), xc, xtc)
    results["HistGradientBoosting"] = score(HistGradientBoostingClassifier(**hist), xc[narrow], xtc[narrow])
print(json.dumps(results))
