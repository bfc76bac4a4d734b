"""Peers of bench/text-sparse.ts: TfidfVectorizer and LinearSVC on the same texts and folds; with --rows FOLDER,
LightGBM on the sparse rows that our side wrote there.

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


def rows_of(path):
    from scipy.sparse import csr_matrix

    read = lambda part, kind: np.fromfile(f"{path}.{part}", dtype=kind)
    starts, index, values = read("starts", np.uint32), read("index", np.uint32), read("values", np.float32)
    return csr_matrix((values, index.astype(np.int32), starts.astype(np.int32))), read("codes", np.int32)


def boost(folder):
    import lightgbm

    (x, y), (asked, answers) = rows_of(f"{folder}/train"), rows_of(f"{folder}/test")
    asked.resize((asked.shape[0], x.shape[1]))
    settings = dict(
        objective="multiclass", num_class=int(y.max()) + 1, learning_rate=0.1, num_leaves=31, min_data_in_leaf=20,
        lambda_l2=1.0, feature_fraction=0.7, max_bin=255, num_threads=1, deterministic=True, verbose=-1,
    )
    started = time.process_time()
    model = lightgbm.train(settings, lightgbm.Dataset(x, y), num_boost_round=100)
    trained = time.process_time()
    accuracy = float((model.predict(asked).argmax(axis=1) == answers).mean())
    ended = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  LightGBM {lightgbm.__version__}, same rows, {x.shape[1]} features: accuracy {accuracy:.4f}, processor "
        f"{trained - started:.1f} s to train and {ended - trained:.1f} s to predict, peak {peak:.0f} MB"
    )


if __name__ == "__main__" and sys.argv[1] == "--rows":
    boost(sys.argv[2])
elif __name__ == "__main__":
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
