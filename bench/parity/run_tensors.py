"""Runs a model file in Python's onnxruntime on tensors of any shape, and prints the answers as JSON.

Usage: run_tensors.py model.onnx request.json
"""
import base64
import json
import sys

import numpy as np
import onnxruntime as ort

dtypes = {"uint8": np.uint8, "float32": np.float32, "float64": np.float64, "int32": np.int32, "int64": np.int64}


def tensor(given):
    if given["dtype"] == "string":
        return np.array(given["data"], dtype=object).reshape(given["shape"])
    data = np.frombuffer(base64.b64decode(given["data"]), dtype=dtypes[given["dtype"]])
    return data.reshape(given["shape"])


def written(array):
    if array.dtype == object or array.dtype.kind in "US":
        return {"shape": list(array.shape), "labels": array.ravel().tolist()}
    values = base64.b64encode(array.astype("<f8").tobytes()).decode()
    return {"shape": list(array.shape), "values": values}


model, request = sys.argv[1:3]
with open(request, encoding="utf-8") as file:
    feeds = {name: tensor(given) for name, given in json.load(file).items()}
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
answers = dict(zip(names, session.run(names, feeds)))
print(json.dumps({"version": ort.__version__, "answers": {name: written(array) for name, array in answers.items()}}))
