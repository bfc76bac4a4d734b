"""Writes ONNX files as other tools leave them, from fitted scikit-learn and LightGBM models, with their answers.

    python test/golden/contenders.py        # scikit-learn, LightGBM, onnx, onnxruntime, pandas

Each file lies in test/golden/onnx with its rows (CSV) and the answers that Python gives (in contenders.json). The
script refuses to write a file whose answers in ONNX Runtime differ from the fitted model's by 1e-5.
"""

import json
import pathlib

import lightgbm
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import sklearn
from onnx import TensorProto, helper
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import OneHotEncoder, StandardScaler

folder = pathlib.Path(__file__).parent / "onnx"
folder.mkdir(exist_ok=True)
random = np.random.default_rng(7)
count = 240
ML = "ai.onnx.ml"

age = random.normal(45, 12, count).round(1)
income = random.lognormal(8, 0.6, count).round(2)
rooms = random.integers(1, 8, count)
city = random.choice(["Bern", "Genève", "Oslo"], count)
score = 0.08 * (age - 45) + (city == "Oslo") - 0.4 * (rooms - 4) + random.logistic(size=count)
table = pd.DataFrame({
    "age": age,
    "income": income,
    "rooms": rooms,
    "city": city,
    "buys": np.where(score > 0, "yes", "no"),
    "size": np.where(score > 1, "L", np.where(score > -1, "M", "S")),
    "price": (income / 10 + 30 * rooms + 10 * random.normal(size=count)).round(2),
})
train, test = table.iloc[:160], table.iloc[160:]
numbers = ["age", "income", "rooms"]
answers = {}


def save(name, nodes, inputs, outputs, initialisers=(), fixed_feeds=None):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initialisers))
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(ML, 3)],
        ir_version=8,
        producer_name="contenders.py",
    )
    onnx.checker.check_model(model)
    (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
    return onnxruntime.InferenceSession(model.SerializeToString())


def same(name, got, expected):
    worst = np.abs(np.asarray(got, float) - np.asarray(expected, float)).max()
    assert worst < 1e-5, (name, worst)


def column(name, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, [None, 1])


def matrix(name, width, rows=None):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [rows, width])


def floats(name, values):
    return helper.make_tensor(name, TensorProto.FLOAT, np.shape(values), np.asarray(values, np.float32).ravel())


# 1. A column an input, strings among them; labels, and probabilities as a sequence of maps.
scaler = StandardScaler().fit(train[numbers])
encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train[["city"]])
features = lambda t: np.hstack([scaler.transform(t[numbers]), encoder.transform(t[["city"]])])
logistic = LogisticRegression().fit(features(train), train.buys)
coefficients = np.vstack([-logistic.coef_, logistic.coef_])
session = save(
    "columns",
    [
        helper.make_node("Concat", numbers, ["numbers"], axis=1),
        helper.make_node("Scaler", ["numbers"], ["scaled"], domain=ML,
                         offset=[float(x) for x in scaler.mean_], scale=[float(1 / x) for x in scaler.scale_]),
        helper.make_node("OneHotEncoder", ["city"], ["hot"], domain=ML,
                         cats_strings=list(encoder.categories_[0]), zeros=1),
        helper.make_node("Constant", [], ["flat"], value=helper.make_tensor("v", TensorProto.INT64, [2], [-1, 3])),
        helper.make_node("Reshape", ["hot", "flat"], ["codes"]),
        helper.make_node("Concat", ["scaled", "codes"], ["features"], axis=1),
        helper.make_node("LinearClassifier", ["features"], ["label", "raw"], domain=ML, multi_class=0,
                         post_transform="LOGISTIC", classlabels_strings=list(logistic.classes_),
                         coefficients=[float(x) for x in coefficients.ravel()],
                         intercepts=[float(-logistic.intercept_[0]), float(logistic.intercept_[0])]),
        helper.make_node("Normalizer", ["raw"], ["probabilities"], domain=ML, norm="L1"),
        helper.make_node("ZipMap", ["probabilities"], ["output_probability"], domain=ML,
                         classlabels_strings=list(logistic.classes_)),
    ],
    [column("age"), column("income"), column("rooms"), column("city", TensorProto.STRING)],
    [
        helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
        helper.make_value_info("output_probability", helper.make_sequence_type_proto(
            helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, None)))),
    ],
)
feeds = {name: test[[name]].to_numpy(np.float32) for name in numbers} | {"city": test[["city"]].to_numpy(str)}
expected = logistic.predict_proba(features(test))
same("columns", [[row[label] for label in logistic.classes_] for row in session.run(None, feeds)[1]], expected)
answers["columns"] = {"target": "buys", "classes": list(logistic.classes_), "answers": expected.tolist()}


def trees_of(booster, classes):
    """Attributes of a tree ensemble from LightGBM's dump."""
    nodes = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids",
                                 "falsenodeids", "missing_value_tracks_true")}
    leaves = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    for tree_id, tree in enumerate(booster.dump_model()["tree_info"]):
        counter = iter(range(10_000))

        def add(node):
            at = next(counter)
            nodes["treeids"].append(tree_id)
            nodes["nodeids"].append(at)
            place = len(nodes["modes"])
            leaf = "leaf_value" in node
            nodes["modes"].append("LEAF" if leaf else "BRANCH_LEQ")
            nodes["featureids"].append(0 if leaf else node["split_feature"])
            nodes["values"].append(0.0 if leaf else float(np.float32(node["threshold"])))
            nodes["missing_value_tracks_true"].append(0 if leaf else int(node["default_left"]))
            for key in ("truenodeids", "falsenodeids"):
                nodes[key].append(0)
            if leaf:
                leaves["treeids"].append(tree_id)
                leaves["nodeids"].append(at)
                leaves["ids"].append(tree_id % classes)
                leaves["weights"].append(node["leaf_value"])
            else:
                nodes["truenodeids"][place] = add(node["left_child"])
                nodes["falsenodeids"][place] = add(node["right_child"])
            return at

        add(tree["tree_structure"])
    return nodes, leaves


# 2. One matrix, trees, whole labels for three classes that are words in the table.
codes = {"L": 0, "M": 1, "S": 2}
booster = lightgbm.LGBMClassifier(n_estimators=12, num_leaves=7, verbose=-1, random_state=1, min_child_samples=8)
booster.fit(train[numbers].to_numpy(np.float32), train["size"].map(codes))
nodes, leaves = trees_of(booster.booster_, 3)
session = save(
    "matrix",
    [helper.make_node("TreeEnsembleClassifier", ["X"], ["label", "probabilities"], domain=ML,
                      post_transform="SOFTMAX", classlabels_int64s=[0, 1, 2],
                      **{f"nodes_{key}": value for key, value in nodes.items()},
                      **{f"class_{key}": value for key, value in leaves.items()})],
    [matrix("X", 3)],
    [helper.make_tensor_value_info("label", TensorProto.INT64, [None]), matrix("probabilities", 3)],
)
expected = booster.predict_proba(test[numbers].to_numpy(np.float32))
same("matrix", session.run(None, {"X": test[numbers].to_numpy(np.float32)})[1], expected)
answers["matrix"] = {"target": "size", "inputs": numbers, "classes": list(codes), "answers": expected.tolist()}

# 3. One matrix, a number for an answer.
forest = RandomForestRegressor(n_estimators=8, max_depth=4, random_state=1)
forest.fit(train[numbers].to_numpy(np.float32), train.price)
attributes = {key: [] for key in ("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes",
                                  "nodes_truenodeids", "nodes_falsenodeids", "target_treeids", "target_nodeids",
                                  "target_ids", "target_weights")}
for tree_id, estimator in enumerate(forest.estimators_):
    tree = estimator.tree_
    for node in range(tree.node_count):
        leaf = tree.children_left[node] < 0
        row = (tree_id, node, 0 if leaf else int(tree.feature[node]), 0.0 if leaf else float(tree.threshold[node]),
               "LEAF" if leaf else "BRANCH_LEQ", 0 if leaf else int(tree.children_left[node]),
               0 if leaf else int(tree.children_right[node]))
        for key, value in zip(list(attributes)[:7], row):
            attributes[key].append(value)
        if leaf:
            for key, value in zip(list(attributes)[7:], (tree_id, node, 0, float(tree.value[node][0][0]) / 8)):
                attributes[key].append(value)
session = save(
    "regression",
    [helper.make_node("TreeEnsembleRegressor", ["float_input"], ["variable"], domain=ML, n_targets=1, **attributes)],
    [matrix("float_input", 3)],
    [matrix("variable", 1)],
)
expected = forest.predict(test[numbers].to_numpy(np.float32))
got = session.run(None, {"float_input": test[numbers].to_numpy(np.float32)})[0][:, 0]
assert np.abs(got / expected - 1).max() < 1e-5
answers["regression"] = {"target": "price", "inputs": numbers, "answers": expected.tolist()}

# 4. A network with a fixed batch of 32 rows and one probability, as a framework for networks exports it.
network = MLPClassifier((6,), random_state=1, max_iter=400).fit(scaler.transform(train[numbers]), train.buys)
session = save(
    "network",
    [
        helper.make_node("Sub", ["dense_input", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "deviation"], ["z"]),
        helper.make_node("Gemm", ["z", "w0", "b0"], ["h"]),
        helper.make_node("Relu", ["h"], ["a"]),
        helper.make_node("Gemm", ["a", "w1", "b1"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["dense_1"]),
    ],
    [matrix("dense_input", 3, 32)],
    [matrix("dense_1", 1, 32)],
    [floats("mean", scaler.mean_), floats("deviation", scaler.scale_), floats("w0", network.coefs_[0]),
     floats("b0", network.intercepts_[0]), floats("w1", network.coefs_[1]), floats("b1", network.intercepts_[1])],
)
expected = network.predict_proba(scaler.transform(test[numbers]))
got = session.run(None, {"dense_input": test[numbers].to_numpy(np.float32)[:32]})[0][:, 0]
same("network", got, expected[:32, 1])
answers["network"] = {"target": "buys", "inputs": numbers, "classes": ["no", "yes"], "answers": expected.tolist()}

test.to_csv(folder / "rows.csv", index=False)
train.to_csv(folder / "train.csv", index=False)
versions = {"scikit-learn": sklearn.__version__, "lightgbm": lightgbm.__version__, "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"versions": versions, "files": answers}, ensure_ascii=False, indent=1) + "\n")
print(path, {file.name: file.stat().st_size for file in sorted(folder.iterdir())})
