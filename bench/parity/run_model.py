"""Runs a model file in Python's onnxruntime on the rows of a request, and prints the answers as JSON.

Needs onnxruntime and numpy only: what a team that never heard of Millwright has.
Usage: run_model.py model.onnx request.json
"""
import base64
import json
import sys

import numpy as np
import onnxruntime as ort


def numbers(text, dtype):
    with np.errstate(over="ignore"):
        return np.frombuffer(base64.b64decode(text), dtype="<f8").astype(dtype).reshape(-1, 1)


def strings(column):
    dictionary = np.array(column["dictionary"] + [""], dtype=object)
    codes = np.frombuffer(base64.b64decode(column["codes"]), dtype="<i4")
    return dictionary[codes].reshape(-1, 1)


model, request = sys.argv[1:3]
with open(request, encoding="utf-8") as file:
    columns = json.load(file)
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
dtypes = {"tensor(float)": np.float32, "tensor(double)": np.float64}
feeds = {}
for value in session.get_inputs():
    column = columns[value.name]
    feeds[value.name] = strings(column) if value.type == "tensor(string)" else numbers(column["values"], dtypes[value.type])
names = [output.name for output in session.get_outputs()]
answers = dict(zip(names, session.run(names, feeds)))
prediction = answers["prediction"]
shapes = {name: list(array.shape) for name, array in answers.items()}
result = {"version": ort.__version__, "shapes": shapes}
if prediction.dtype == object:
    result["labels"] = prediction[:, 0].tolist()
    result["values"] = base64.b64encode(answers["probabilities"].astype("<f8").tobytes()).decode()
else:
    result["values"] = base64.b64encode(prediction.astype("<f8").tobytes()).decode()
print(json.dumps(result))
