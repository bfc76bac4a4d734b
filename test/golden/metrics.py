"""Golden values of src/metrics from scikit-learn. Run: python test/golden/metrics.py > test/golden/metrics.json"""

import json
import platform
import sys

import numpy as np
import sklearn
from sklearn import metrics as m

rng = np.random.default_rng(20261121)


def listed(a):
    return [float(x) if isinstance(x, (float, np.floating)) else int(x) for x in np.asarray(a).ravel()]


def calibration_error(y, p, weight, bins=15):
    """Guo et al. 2017, 15 equal-width bins; the positive class for two classes, the top label for more."""
    if p.shape[1] == 2:
        confidence, event = p[:, 1], (y == 1).astype(float)
    else:
        confidence, event = p.max(axis=1), (p.argmax(axis=1) == y).astype(float)
    slot = np.minimum(bins - 1, np.floor(confidence * bins)).astype(int)
    error = 0.0
    for b in range(bins):
        inside = slot == b
        if weight[inside].sum() > 0:
            gap = np.average(confidence[inside], weights=weight[inside]) - np.average(event[inside], weights=weight[inside])
            error += abs(gap) * weight[inside].sum()
    return float(error / weight.sum())


def averages(y, predicted, weight, average, labels):
    p, r, f, _ = m.precision_recall_fscore_support(
        y, predicted, average=average, sample_weight=weight, zero_division=0, labels=labels
    )
    return {"precision": float(p), "recall": float(r), "f1": float(f)}


def classification(name, n, k, decimals, weighted):
    y = rng.integers(0, k, n)
    y[:k] = np.arange(k)
    logits = rng.normal(size=(n, k)) + 1.2 * np.eye(k)[y]
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    if decimals is not None:  # ties
        p = np.round(p, decimals)
        p[:, -1] = 1 - p[:, :-1].sum(axis=1)
        p = np.clip(p, 0, 1)
        p /= p.sum(axis=1, keepdims=True)
    weight = rng.integers(0, 5, n).astype(float) * rng.random(n) if weighted else np.ones(n)
    if weighted:
        weight[:k] = 1
    predicted = p.argmax(axis=1)
    present = sorted(set(y[weight > 0]) | set(predicted[weight > 0]))
    out = {
        "accuracy": m.accuracy_score(y, predicted, sample_weight=weight),
        "balancedAccuracy": m.balanced_accuracy_score(y, predicted, sample_weight=weight),
        "matthews": m.matthews_corrcoef(y, predicted, sample_weight=weight),
        "quadraticKappa": m.cohen_kappa_score(y, predicted, weights="quadratic", sample_weight=weight, labels=list(range(k))),
        "levelError": m.mean_absolute_error(y, predicted, sample_weight=weight),
        "logLoss": m.log_loss(y, p, sample_weight=weight, labels=list(range(k))),
        "brier": m.brier_score_loss(y, p if k > 2 else p[:, 1], sample_weight=weight, labels=list(range(k))),
        "expectedCalibrationError": calibration_error(y, p, weight),
    }
    for average in ["macro", "micro", "weighted"]:
        for figure, value in averages(y, predicted, weight, average, present).items():
            out[f"{figure}{average.capitalize()}"] = value
    one_hot = np.eye(k)[y]
    if k == 2:
        out.update(averages(y, predicted, weight, "binary", None))
        out["rocAuc"] = m.roc_auc_score(y, p[:, 1], sample_weight=weight)
        out["averagePrecision"] = m.average_precision_score(y, p[:, 1], sample_weight=weight)
    else:
        # scikit-learn refuses weights with multi_class="ovr" only for one-vs-one; the indicator form takes them.
        out["rocAuc"] = m.roc_auc_score(one_hot, p, average="macro", sample_weight=weight)
        out["rocAucWeighted"] = m.roc_auc_score(one_hot, p, average="weighted", sample_weight=weight)
        out["averagePrecision"] = m.average_precision_score(one_hot, p, average="macro", sample_weight=weight)
    case = {
        "name": name,
        "classCount": k,
        "y": listed(y),
        "probabilities": listed(p),
        "weight": listed(weight) if weighted else None,
        "scores": {key: float(value) for key, value in out.items()},
        "confusion": listed(m.confusion_matrix(y, predicted, labels=list(range(k)), sample_weight=weight).astype(float)),
    }
    if k == 2:
        fpr, tpr, _ = m.roc_curve(y, p[:, 1], sample_weight=weight, drop_intermediate=False)
        case["roc"] = {"falsePositiveRate": listed(fpr), "truePositiveRate": listed(tpr)}
        precision, recall, thresholds = m.precision_recall_curve(y, p[:, 1], sample_weight=weight)
        case["pr"] = {
            "precision": listed(precision[:-1][::-1]),
            "recall": listed(recall[:-1][::-1]),
            "threshold": listed(thresholds[::-1]),
        }
    return case


def regression(name, n, weighted, integers):
    y = np.round(rng.normal(50, 20, n)) if integers else rng.normal(3, 2, n) * 10 ** rng.integers(0, 4, n)
    y[y == 0] = 1
    predicted = y + rng.normal(0, 5, n) * np.sqrt(np.abs(y))
    if integers:
        predicted = np.round(predicted)
    weight = rng.integers(0, 5, n).astype(float) * rng.random(n) if weighted else np.ones(n)
    out = {
        "mae": m.mean_absolute_error(y, predicted, sample_weight=weight),
        "mse": m.mean_squared_error(y, predicted, sample_weight=weight),
        "rmse": m.root_mean_squared_error(y, predicted, sample_weight=weight),
        "mape": m.mean_absolute_percentage_error(y, predicted, sample_weight=weight),
        "r2": m.r2_score(y, predicted, sample_weight=weight),
        "pinball": m.mean_pinball_loss(y, predicted, sample_weight=weight, alpha=0.5),
        "pinball@0.9": m.mean_pinball_loss(y, predicted, sample_weight=weight, alpha=0.9),
        "pinball@0.05": m.mean_pinball_loss(y, predicted, sample_weight=weight, alpha=0.05),
    }
    return {
        "name": name,
        "y": listed(y),
        "predicted": listed(predicted),
        "weight": listed(weight) if weighted else None,
        "scores": {key: float(value) for key, value in out.items()},
    }


json.dump(
    {
        "made": {
            "script": "test/golden/metrics.py",
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "classification": [
            classification("2 classes", 120, 2, None, False),
            classification("2 classes, tied scores", 150, 2, 1, False),
            classification("2 classes, weights", 120, 2, None, True),
            classification("2 classes, tied scores, weights", 150, 2, 1, True),
            classification("4 classes", 120, 4, None, False),
            classification("4 classes, tied scores, weights", 150, 4, 1, True),
            classification("9 classes, few rows, weights", 30, 9, None, True),
        ],
        "regression": [
            regression("numbers", 100, False, False),
            regression("numbers, weights", 100, True, False),
            regression("integers, weights", 100, True, True),
        ],
    },
    sys.stdout,
)
print()
