"""LightGBM's side of boosting-speed.ts: one fit in a fresh process, its figures as JSON on the last line."""
import json
import resource
import sys
import time

import lightgbm
import numpy as np

job = json.loads(sys.argv[1])
rows, test, features = job["rows"], job["testRows"], job["features"]
flat = np.fromfile(job["file"], dtype=np.float32)
matrix = flat[: (rows + test) * features].reshape(features, rows + test)
labels = flat[(rows + test) * features :]
# LightGBM reads rows; the copy is made before the clock starts.
train = np.ascontiguousarray(matrix[:, :rows].T)
held = np.ascontiguousarray(matrix[:, rows:].T)
y, y_held = labels[:rows], labels[rows:]
del flat, matrix
parameters = {
    "objective": "binary", "num_leaves": job["leaves"], "learning_rate": 0.1, "max_bin": 255,
    "min_data_in_leaf": 20, "min_data_in_bin": 3, "num_threads": job["threads"], "verbosity": -1,
    "bin_construct_sample_cnt": 200000, "feature_pre_filter": False, job["mode"]: True,
}
categories = job.get("categories") or "auto"
best, best_cpu, cold = float("inf"), float("inf"), None
for _ in range(job["fits"]):
    cpu = time.process_time()
    start = time.perf_counter()
    dataset = lightgbm.Dataset(train, label=y, params=parameters, categorical_feature=categories, free_raw_data=True)
    dataset.construct()
    model = lightgbm.train(parameters, dataset, num_boost_round=job["rounds"])
    seconds = time.perf_counter() - start
    best_cpu = min(best_cpu, time.process_time() - cpu)
    best = min(best, seconds)
    cold = seconds if cold is None else cold
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
scores = model.predict(held, raw_score=True)
order = np.argsort(scores, kind="stable")
ranks = np.empty(len(scores))
ranks[order] = np.arange(1, len(scores) + 1)
positive = y_held == 1
count = positive.sum()
auc = (ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count))
print(json.dumps({"seconds": best, "coldSeconds": cold, "cpuSeconds": best_cpu, "auc": auc, "peakKb": peak, "version": lightgbm.__version__}))
