"""LightGBM's side of predict-table.ts: fits once, then times predictions on request, one JSON line each."""

import json
import sys
import time

import lightgbm
import numpy
from sklearn.metrics import roc_auc_score

folder = sys.argv[1]


def table(name, count, width):
    x = numpy.fromfile(f"{folder}/{name}.f64", dtype=numpy.float64).reshape(count, width)
    return x, numpy.fromfile(f"{folder}/{name}.u8", dtype=numpy.uint8)


for line in sys.stdin:
    request = json.loads(line)
    if "fit" in request:
        size = request["fit"]
        width = size["numbers"] + size["categories"]
        x, y = table("train", size["trainCount"], width)
        test, truth = table("test", size["rowCount"], width)
        booster = lightgbm.train(
            {
                "objective": "binary",
                "num_leaves": size["leaves"],
                "learning_rate": 0.05,
                "num_threads": 1,
                "verbosity": -1,
            },
            lightgbm.Dataset(x, y, categorical_feature=list(range(size["numbers"], width))),
            size["trees"],
        )
        trees = booster.dump_model()["tree_info"]
        answer = {
            "versions": f"lightgbm {lightgbm.__version__}",
            "auc": roc_auc_score(truth, booster.predict(test, num_threads=1)),
            "leaves": sum(tree["num_leaves"] for tree in trees) / len(trees),
        }
    else:
        start = time.perf_counter()
        booster.predict(test, num_threads=request["predict"])
        answer = {"seconds": time.perf_counter() - start}
    print(json.dumps(answer), flush=True)
