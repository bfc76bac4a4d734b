"""Golden values of layers from PyTorch, in float64: answers, and gradients of the sum of cotangent * answer.
Recurrent weights are in ONNX's order of gates. Run: python test/golden/torch-layers.py > test/golden/torch-layers.json"""

import json
import pathlib
import sys
import warnings

import torch
from torch.nn import functional as F

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


EPSILON = 2**-10
"""A float32 holds it exactly, as ONNX's attributes are."""


def tensor(value, digits=17):
    return {"shape": list(value.shape), "data": [float(f"{v:.{digits}g}") for v in value.reshape(-1).tolist()]}


def fresh(*shape):
    """Normal numbers that float32 holds exactly."""
    return torch.randn(shape).float().double()


def record(name, inputs, f, **settings):
    inputs = [x.clone().requires_grad_(True) for x in inputs]
    outputs = f(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    cotangents = [fresh(*y.shape) for y in outputs]
    sum((c * y).sum() for c, y in zip(cotangents, outputs)).backward()
    return {
        "name": name,
        "settings": settings,
        "inputs": [tensor(x.detach()) for x in inputs],
        "outputs": [tensor(y.detach(), 12) for y in outputs],
        "cotangents": [tensor(c) for c in cotangents],
        "gradients": [tensor(x.grad, 12) for x in inputs],
    }


def normalizations():
    x, s, b = fresh(2, 4, 3, 2), fresh(4), fresh(4)
    yield record(
        "layerNormalization", [x, fresh(3, 2), fresh(3, 2)], lambda x, s, b: F.layer_norm(x, (3, 2), s, b, EPSILON), axis=2, epsilon=EPSILON
    )
    yield record("rmsNormalization", [x, fresh(2)], lambda x, s: F.rms_norm(x, (2,), s, EPSILON), epsilon=EPSILON)
    yield record(
        "batchNormalization",
        [x, s, b, fresh(4), fresh(4).abs() + 0.5],
        lambda x, s, b, m, v: (x - m[:, None, None]) / torch.sqrt(v[:, None, None] + EPSILON) * s[:, None, None] + b[:, None, None],
        epsilon=EPSILON,
    )
    mean, variance = fresh(4), fresh(4).abs() + 0.5
    by_module = F.batch_norm(x, mean, variance, s, b, False, 0.1, EPSILON)
    by_hand = (x - mean[:, None, None]) / torch.sqrt(variance[:, None, None] + EPSILON) * s[:, None, None] + b[:, None, None]
    assert torch.allclose(by_module, by_hand), "the formula is PyTorch's"
    yield record("instanceNormalization", [x, s, b], lambda x, s, b: F.instance_norm(x, None, None, s, b, True, 0.1, EPSILON), epsilon=EPSILON)
    yield record("groupNormalization", [x, s, b], lambda x, s, b: F.group_norm(x, 2, s, b, EPSILON), groups=2, epsilon=EPSILON)
    for p in (1, 2):
        yield record("lpNormalization", [x], lambda x, p=p: F.normalize(x, p, 1), p=p, axis=1)


def sums():
    for equation, *shapes in (
        ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)),
        ("...ij,...jk->...ik", (3, 1, 2, 3), (2, 3, 2)),
        ("bhqd,bhkd->bhqk", (2, 2, 3, 2), (2, 2, 4, 2)),
        ("bii->b", (2, 3, 3)),
        ("i,ij,j->", (3,), (3, 4), (4,)),
    ):
        yield record("einsum", [fresh(*s) for s in shapes], lambda *x, e=equation: torch.einsum(e, *x), equation=equation)


def reorder(blocks, order, axis=0):
    parts = blocks.chunk(len(order), axis)
    return torch.cat([parts[i] for i in order], axis)


ORDERS = {"LSTM": [0, 2, 3, 1], "GRU": [1, 0, 2], "RNN": [0]}
"""ONNX's gate for each of PyTorch's."""


def recurrent():
    steps, batch, size, hidden = 4, 3, 2, 3
    for kind, order in ORDERS.items():
        for both in (False, True):
            directions = 2 if both else 1
            x = fresh(steps, batch, size)
            w = 0.5 * fresh(directions, len(order) * hidden, size)
            r = 0.5 * fresh(directions, len(order) * hidden, hidden)
            b = 0.5 * fresh(directions, 2 * len(order) * hidden)
            states = [0.5 * fresh(directions, batch, hidden) for _ in range(2 if kind == "LSTM" else 1)]

            def run(x, w, r, b, *states, kind=kind, order=order, both=both, directions=directions):
                flat = []
                for d in range(directions):
                    w_bias, r_bias = b[d].chunk(2)
                    flat += [reorder(w[d], order), reorder(r[d], order), reorder(w_bias, order), reorder(r_bias, order)]
                start = tuple(states) if kind == "LSTM" else states[0]
                flags = (flat, True, 1, 0.0, True, both, False)
                if kind == "LSTM":
                    y, *last = torch.lstm(x, start, *flags)
                else:
                    y, *last = (torch.gru if kind == "GRU" else torch.rnn_tanh)(x, start, *flags)
                # ONNX: [steps, directions, batch, hidden]
                y = y.reshape(steps, batch, directions, hidden).transpose(1, 2)
                return (y, *last)

            yield record(kind.lower(), [x, w, r, b, *states], run, direction="bidirectional" if both else "forward")


class Tagger(torch.nn.Module):
    """Words to a class: what an exporter makes of recurrent layers one on the other."""

    def __init__(self):
        super().__init__()
        self.words = torch.nn.Embedding(7, 3)
        self.lstm = torch.nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = torch.nn.GRU(8, 3, batch_first=True)
        self.norm = torch.nn.LayerNorm(3)
        self.head = torch.nn.Linear(3, 2)

    def forward(self, x):
        _, state = self.gru(self.lstm(self.words(x))[0])
        return self.head(self.norm(state[-1]))


def exported():
    """Writes torch-recurrent.onnx beside this script; gradients of the sum of squares by the parameters that keep their names."""
    warnings.filterwarnings("ignore")
    net = Tagger().float().eval()
    x = torch.randint(0, 7, (2, 5))
    path = pathlib.Path(__file__).with_name("torch-recurrent.onnx")
    torch.onnx.export(net, (x,), path, dynamo=False, opset_version=17, input_names=["x"], output_names=["y"])
    y = net(x)
    (y * y).sum().backward()
    kept = ("words.weight", "norm.weight", "norm.bias", "head.weight", "head.bias")
    return {
        "x": x.reshape(-1).tolist(),
        "y": tensor(y.detach(), 9),
        "gradients": {name: tensor(p.grad, 9) for name, p in net.named_parameters() if name in kept},
    }


json.dump(
    {
        "versions": {"torch": torch.__version__, "python": sys.version.split()[0]},
        "cases": [*normalizations(), *sums(), *recurrent()],
        "exported": exported(),
    },
    sys.stdout,
    separators=(",", ":"),
)
print()
