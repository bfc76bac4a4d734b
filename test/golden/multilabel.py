"""Golden metrics of rows with any number of labels by scikit-learn.

Writes multilabel.json beside this file. Made with scikit-learn 1.9.1, numpy 2.4.6: python test/golden/multilabel.py
The rows follow from formulas that multilabel.test.ts repeats.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.metrics import accuracy_score, f1_score, hamming_loss, label_ranking_average_precision_score

cases = []
for rows, labels in [(40, 5), (25, 3), (12, 1)]:
    i, k = np.meshgrid(np.arange(rows), np.arange(labels), indexing="ij")
    # Row 0 bears none, row 1 bears all; probabilities in twentieths are tied.
    hits = ((i * 7 + k * 5 + i * k) % 4 == 0).astype(int)
    hits[0] = 0
    hits[1] = 1
    p = ((i * 11 + k * 13 + 5 * hits * (i % 3)) % 20) / 20
    thresholds = 0.3 + 0.1 * np.arange(labels)
    said = (p >= thresholds).astype(int)
    for weighted, w in [("equal", np.ones(rows)), ("unequal", np.arange(rows) % 3)]:
        options = dict(sample_weight=w, zero_division=0)
        one = labels == 1
        cases.append(dict(rows=rows, labels=labels, weight=weighted, scores=dict(
            microF1=f1_score(hits.ravel(), said.ravel(), sample_weight=np.repeat(w, labels), zero_division=0),
            macroF1=float(np.mean([f1_score(hits[:, c], said[:, c], **options) for c in range(labels)])),
            sampleF1=float(np.average([f1_score(hits[r], said[r], zero_division=0) for r in range(rows)], weights=w)) if one
            else f1_score(hits, said, average="samples", **options),
            subsetAccuracy=accuracy_score(hits, said, sample_weight=w),
            hammingLoss=hamming_loss(hits, said, sample_weight=w),
            **({} if one else dict(labelRanking=label_ranking_average_precision_score(hits, p, sample_weight=w))),
        )))
out = dict(made_with=f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", cases=cases)
(pathlib.Path(__file__).parent / "multilabel.json").write_text(json.dumps(out, indent=1) + "\n")
