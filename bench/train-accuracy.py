"""Peers of bench/train-accuracy.ts: single models on the same files, columns and metric.

Reads one JSON request from standard input: {train, test, target, columns, task, positive, metric, tuneSeconds};
writes one JSON line {name: score}. With tuneSeconds each family's settings are chosen by 3-fold cross-validation on
the training rows until so many processor seconds are spent, and the best are fitted on all of them; without, models
stand at their defaults. Categories are one-hot for the linear model, ordinal for the forest,
native for LightGBM and HistGradientBoosting.
"""
import json
import sys
import time
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
from sklearn.model_selection import KFold, StratifiedKFold
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


def loss(target_rows, model, rows):
    """Smaller is better."""
    if regression:
        return float(np.sqrt(mean_squared_error(target_rows, model.predict(rows))))
    probabilities = model.predict_proba(rows)
    if request["metric"] == "rocAuc":
        at = list(model.classes_).index(request["positive"])
        return -float(roc_auc_score(target_rows == request["positive"], probabilities[:, at]))
    return float(log_loss(target_rows, probabilities, labels=list(model.classes_)))


def tuned():
    """The best of each family by cross-validation, LightGBM with whatever processor time the grids leave."""
    random = np.random.RandomState(0)
    yy = np.asarray(y)
    folds = list((KFold if regression else StratifiedKFold)(3, shuffle=True, random_state=0).split(x, yy))
    begun = time.process_time()

    def validated(make, rows):
        losses = []
        for fit, held in folds:
            model = make()
            model.fit(rows.iloc[fit], yy[fit])
            losses.append(loss(yy[held], model, rows.iloc[held]))
        return float(np.mean(losses))

    def best_of(makes, rows, held_rows):
        scores = [validated(make, rows) for make in makes]
        return score(makes[int(np.argmin(scores))](), rows, held_rows)

    if regression:
        linear = [lambda: make_pipeline(linear_columns, RidgeCV(np.logspace(-4, 4, 17)))]
        forest_of = RandomForestRegressor
        boost_of = lightgbm.LGBMRegressor
    else:
        linear = [lambda c=c: make_pipeline(linear_columns, LogisticRegression(C=c, max_iter=2000))
                  for c in (0.01, 0.1, 1, 10)]
        forest_of = RandomForestClassifier
        boost_of = lightgbm.LGBMClassifier
    answers = {"ridge" if regression else "logistic": best_of(linear, x, xt)}
    forests = [lambda leaf=leaf, share=share: make_pipeline(ordinal, forest_of(
        200, min_samples_leaf=leaf, max_features=share, n_jobs=jobs, random_state=0))
        for leaf in (1, 5) for share in ("sqrt", 0.5)]
    answers["random forest"] = best_of(forests, x, xt)
    best = (np.inf, None)
    tries = 0
    while tries == 0 or time.process_time() - begun < request["tuneSeconds"]:
        tries += 1
        setting = {"n_estimators": 2000, "verbose": -1, "n_jobs": jobs, "random_state": 0, "subsample_freq": 1,
                   "learning_rate": float(np.exp(random.uniform(np.log(0.01), np.log(0.2)))),
                   "num_leaves": int(np.exp(random.uniform(np.log(4), np.log(256)))),
                   "min_child_samples": int(np.exp(random.uniform(np.log(1), np.log(100)))),
                   "subsample": random.uniform(0.5, 1), "colsample_bytree": random.uniform(0.3, 1),
                   "reg_lambda": float(np.exp(random.uniform(np.log(1e-3), np.log(100))))}
        losses, rounds = [], []
        for fit, held in folds:
            model = boost_of(**setting)
            metric = "rmse" if regression else "auc" if request["metric"] == "rocAuc" else "multi_logloss"
            model.fit(xc.iloc[fit], yy[fit], eval_set=[(xc.iloc[held], yy[held])], eval_metric=metric,
                      callbacks=[lightgbm.early_stopping(50, first_metric_only=True, verbose=False)])
            losses.append(loss(yy[held], model, xc.iloc[held]))
            rounds.append(model.best_iteration_)
        if np.mean(losses) < best[0]:
            best = (np.mean(losses), {**setting, "n_estimators": max(1, int(np.mean(rounds)))})
    answers["tuned LightGBM"] = score(boost_of(**best[1]), xc, xtc)
    print(f"{tries} configurations of LightGBM in {time.process_time() - begun:.0f} s", file=sys.stderr)
    return answers


if request.get("tuneSeconds"):
    results = tuned()
elif regression:
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
