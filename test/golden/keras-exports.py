"""Networks exported by Keras 3 (model.export(format="onnx")), for src/nn/import/golden.test.ts.

Run: python keras-exports.py             writes test/fixtures/exports/keras-*.onnx and .json
     python keras-exports.py torch       the same of Keras on PyTorch, whose exporter writes another file
Needs keras, tf2onnx, tensorflow, onnx, torch; the versions are written into the JSON files.

Weights are drawn by NumPy, so that both backends have the same. The losses beside the files are PyTorch's own, by
keras-curves.py, which this script runs at its end: TensorFlow and PyTorch do not load into one process.
"""

import os
import pathlib
import pickle
import subprocess
import sys
import tempfile

backend = sys.argv[1] if len(sys.argv) > 1 else "tensorflow"
os.environ["KERAS_BACKEND"] = backend
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import onnx
from keras import layers

here = pathlib.Path(__file__).parent
folder = here.parent / "fixtures" / "exports"
rows = 4
classes = 3
length = 8


def whole(count, salt, modulus):
    """Whole numbers below the modulus, the same in every language."""
    return [(i * i * 7 + i * 31 + salt * 1009) % 10007 % modulus for i in range(count)]


def pictures(salt, size):
    values = np.array(whole(rows * size * size * 3, salt, 10007), dtype=np.float64) / 5003.5 - 1
    return values.astype(np.float32).reshape(rows, size, size, 3)


def words(salt):
    return np.array(whole(rows * length, salt, 40), dtype=np.int32).reshape(rows, length)


def cnn():
    """Rows as pictures with the colours last, strides that pad on one side, a depthwise and a separable block."""
    x = inputs = keras.Input((16, 16, 3), name="x")
    x = layers.Rescaling(0.5, 0.1)(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="conv1")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="norm1")(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="conv2")(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization(name="norm2")(x))
    x = layers.Conv2D(12, 1, use_bias=False, name="conv3")(x)
    x = layers.Activation("swish")(layers.BatchNormalization(name="norm3")(x))
    x = layers.MaxPooling2D(2)(x)
    x = layers.SeparableConv2D(16, 3, padding="same", activation="relu", name="conv4")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, name="scores")(x))


def lstm():
    x = inputs = keras.Input((length,), dtype="int32", name="x")
    x = layers.Embedding(40, 8, name="words")(x)
    x = layers.Bidirectional(layers.LSTM(6), name="body")(x)
    x = layers.LayerNormalization(name="norm")(x)
    return keras.Model(inputs, layers.Dense(classes, name="scores")(x))


def gru(unroll):
    x = inputs = keras.Input((length,), dtype="int32", name="x")
    x = layers.Embedding(40, 8, name="words")(x)
    x = layers.GRU(7, unroll=unroll, name="body")(x)
    return keras.Model(inputs, layers.Dense(classes, name="scores")(x))


def settle(net):
    """Weights by their names: biases and running figures away from 0 and 1, since what does nothing is left out."""
    draw = np.random.RandomState(0)
    for weight in net.weights:
        name, shape = weight.path.split("/")[-1], tuple(weight.shape)
        fan = max(1, int(np.prod(shape[:-1])))
        value = {
            "moving_variance": lambda: draw.uniform(0.5, 1.5, shape),
            "gamma": lambda: draw.uniform(0.7, 1.3, shape),
            "moving_mean": lambda: draw.normal(0, 0.1, shape),
            "beta": lambda: draw.normal(0, 0.1, shape),
            "bias": lambda: draw.normal(0, 0.05, shape),
            "embeddings": lambda: draw.normal(0, 1, shape),
        }.get(name, lambda: draw.normal(0, 1, shape) * (1.5 / fan) ** 0.5)()
        weight.assign(value.astype(np.float32))


# Builder and rows. The last file is there to be refused.
networks = {
    "tensorflow": {
        "keras-cnn": (cnn, pictures(11, 16)),
        "keras-lstm": (lstm, words(12)),
        "keras-gru": (lambda: gru(True), words(13)),
        "keras-gru-loop": (lambda: gru(False), words(13)),
    },
    "torch": {"keras-cnn-torch": (cnn, pictures(11, 16))},
}[backend]


def bare(path):
    """The file without names of source files, which say nothing about the network."""
    model = onnx.load(str(path))
    for node in model.graph.node:
        node.doc_string = ""
    onnx.save(model, str(path))


def versions():
    found = {"keras": keras.__version__, "onnx": onnx.__version__}
    if backend == "tensorflow":
        import tensorflow
        import tf2onnx

        found |= {"tensorflow": tensorflow.__version__, "tf2onnx": tf2onnx.__version__}
    return found


made = {}
for name, (build, given) in networks.items():
    net = build()
    settle(net)
    scores = np.array(keras.ops.convert_to_numpy(net(given, training=False)))
    path = folder / f"{name}.onnx"
    net.export(str(path), format="onnx", verbose=False)
    bare(path)
    print(path.name, path.stat().st_size, file=sys.stderr)
    weights = {w.path: np.array(keras.ops.convert_to_numpy(w)) for w in net.weights}
    made[name] = {"versions": versions(), "weights": weights, "rows": given, "scores": scores}

with tempfile.NamedTemporaryFile(suffix=".pickle") as file:
    file.write(pickle.dumps(made))
    file.flush()
    subprocess.run([sys.executable, here / "keras-curves.py", file.name], check=True)
