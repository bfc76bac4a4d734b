"""Peer of bench/text-sparse.ts: TfidfVectorizer and LinearSVC on the same texts and folds.

Each fold is a process of its own, whose highest resident set is printed.
"""
import csv
import gzip
import multiprocessing
import resource
import sys
import time

import numpy as np
import sklearn


def fold_of(arguments):
    path, fold, fewest = arguments
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    rows = list(csv.reader(gzip.open(path, "rt", encoding="utf8")))
    y = np.array([row[0] for row in rows])
    texts = [row[1] + " " + row[2] for row in rows]
    train = [i for i in range(len(rows)) if i % 5 != fold]
    test = [i for i in range(len(rows)) if i % 5 == fold]
    started = time.perf_counter()
    vectorizers = [
        TfidfVectorizer(token_pattern=r"(?u)\w+", ngram_range=(1, 2), sublinear_tf=True, min_df=fewest),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=fewest),
    ]
    x = hstack([v.fit_transform([texts[i] for i in train]) for v in vectorizers]).tocsr()
    model = LinearSVC(C=0.5).fit(x, y[train])
    trained = time.perf_counter()
    asked = hstack([v.transform([texts[i] for i in test]) for v in vectorizers]).tocsr()
    accuracy = float((model.predict(asked) == y[test]).mean())
    ended = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return accuracy, x.shape[1], trained - started, ended - trained, peak


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    for fewest in (5, 1):
        results = []
        for fold in range(5):
            with multiprocessing.Pool(1) as pool:
                results.append(pool.map(fold_of, [(sys.argv[1], fold, fewest)])[0])
        accuracy, width, fit, predict, _ = np.mean(results, axis=0)
        print(
            f"scikit-learn {sklearn.__version__}, terms of {fewest} rows or more: accuracy {accuracy:.4f}, "
            f"{width:.0f} features, {fit:.1f} s to train, {predict:.1f} s to predict, "
            f"peak {max(r[4] for r in results):.0f} MB"
        )
