"""20 steps of PyTorch with the weights of networks of Keras; run by keras-exports.py.

The networks are PyTorch's own layers, in the form in which the files hold them: BatchNormalization of fixed figures
is folded into the convolution before it by TensorFlow, or is a scale and a shift. Their scores must be those of Keras
before the first step.
"""

import json
import pathlib
import pickle
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
folder = pathlib.Path(__file__).parent.parent / "fixtures" / "exports"
steps = 20
rate = 0.02


class Parts(nn.Module):
    """Keras' weights by the ends of their paths, as parameters of PyTorch."""

    def __init__(self, given):
        super().__init__()
        self.given = given
        self.own = nn.ParameterDict()

    def array(self, end):
        return next(a for path, a in self.given.items() if path.endswith(end))

    def hold(self, **arrays):
        for name, array in arrays.items():
            self.own[name] = nn.Parameter(torch.tensor(np.ascontiguousarray(array), dtype=torch.float32))

    def norm(self, i):
        """A scale and a shift in place of fixed figures, and the figures."""
        variance, gamma = self.array(f"norm{i}/moving_variance"), self.array(f"norm{i}/gamma")
        scale = gamma / np.sqrt(variance + 1e-3)
        mean = self.array(f"norm{i}/moving_mean")
        return scale, self.array(f"norm{i}/beta") - mean * scale, mean


def kernel(array):
    """[height, width, in, out] as PyTorch has it."""
    return array.transpose(3, 2, 0, 1)


def depthwise(array):
    return array.transpose(2, 3, 0, 1)


class Cnn(Parts):
    """`folded`: the two full convolutions took their normalisation in; that of the depthwise one stays beside it."""

    def __init__(self, given, folded):
        super().__init__(given)
        self.folded = folded
        self.means = {}
        for i, turn in [(1, kernel), (2, depthwise), (3, kernel)]:
            w = turn(self.array(f"conv{i}/kernel"))
            scale, shift, mean = self.norm(i)
            if folded and i != 2:
                self.hold(**{f"w{i}": w * scale[:, None, None, None], f"b{i}": shift})
            elif folded:
                self.hold(**{f"w{i}": w, f"s{i}": scale, f"b{i}": shift})
            else:
                # Keras on PyTorch takes the mean away first, and that is not trained.
                self.hold(**{f"w{i}": w, f"s{i}": scale, f"b{i}": self.array(f"norm{i}/beta")})
                self.means[i] = torch.tensor(mean)[:, None, None]
        self.hold(
            w4=depthwise(self.array("conv4/depthwise_kernel")),
            w5=kernel(self.array("conv4/pointwise_kernel")),
            b5=self.array("conv4/bias"),
            w6=self.array("scores/kernel").T,
            b6=self.array("scores/bias"),
        )

    def conv(self, x, i, **options):
        x = F.conv2d(x, self.own[f"w{i}"], **options)
        if i in self.means:
            x = x - self.means[i]
        if f"s{i}" in self.own:
            x = x * self.own[f"s{i}"][:, None, None]
        return x + self.own[f"b{i}"][:, None, None]

    def forward(self, x):
        x = (x * 0.5 + 0.1).permute(0, 3, 1, 2)
        x = F.relu(self.conv(F.pad(x, (0, 1, 0, 1)), 1, stride=2))
        x = F.relu6(self.conv(x, 2, padding=1, groups=8))
        x = F.max_pool2d(F.silu(self.conv(x, 3)), 2)
        x = F.conv2d(F.conv2d(x, self.own["w4"], padding=1, groups=12), self.own["w5"], self.own["b5"])
        return F.linear(F.relu(x).mean((2, 3)), self.own["w6"], self.own["b6"])


def gates(array, order):
    """Blocks of the last axis in another order, then turned: PyTorch keeps [gates, inputs]."""
    blocks = np.split(array, len(order), axis=-1)
    return np.concatenate([blocks[i] for i in order], axis=-1).T


class Lstm(Parts):
    """The ONNX op has PyTorch's two biases, of which Keras has one: the other begins at 0."""

    def __init__(self, given):
        super().__init__(given)
        self.body = nn.LSTM(8, 6, batch_first=True, bidirectional=True)
        self.norm_layer = nn.LayerNorm(12, eps=1e-3)
        values = {"weight": self.array("norm/gamma"), "bias": self.array("norm/beta")}
        for p, value in values.items():
            getattr(self.norm_layer, p).data = torch.tensor(value)
        for way, end in [("forward", ""), ("backward", "_reverse")]:
            # i, f, c, o in both.
            part = lambda name: next(a for path, a in self.given.items() if way in path and path.endswith(name))
            same = [0, 1, 2, 3]
            made = {
                "weight_ih": gates(part("cell/kernel"), same),
                "weight_hh": gates(part("recurrent_kernel"), same),
                "bias_ih": part("bias"),
                "bias_hh": np.zeros(24, np.float32),
            }
            for name, value in made.items():
                getattr(self.body, f"{name}_l0{end}").data = torch.tensor(np.ascontiguousarray(value))
        self.hold(words=self.array("embeddings"), w=self.array("scores/kernel").T, b=self.array("scores/bias"))

    def forward(self, x):
        _, (last, _) = self.body(self.own["words"][x.long()])
        return F.linear(self.norm_layer(torch.cat([last[0], last[1]], 1)), self.own["w"], self.own["b"])


class Gru(Parts):
    def __init__(self, given):
        super().__init__(given)
        self.body = nn.GRU(8, 7, batch_first=True)
        # z, r, h in Keras; r, z, n in PyTorch.
        order = [1, 0, 2]
        biases = gates(self.array("cell/bias"), order).T
        made = {
            "weight_ih_l0": gates(self.array("cell/kernel"), order),
            "weight_hh_l0": gates(self.array("recurrent_kernel"), order),
            "bias_ih_l0": biases[0],
            "bias_hh_l0": biases[1],
        }
        for name, value in made.items():
            getattr(self.body, name).data = torch.tensor(np.ascontiguousarray(value))
        self.hold(words=self.array("embeddings"), w=self.array("scores/kernel").T, b=self.array("scores/bias"))

    def forward(self, x):
        return F.linear(self.body(self.own["words"][x.long()])[0][:, -1], self.own["w"], self.own["b"])


references = {
    "keras-cnn": lambda given: Cnn(given, folded=True),
    "keras-cnn-torch": lambda given: Cnn(given, folded=False),
    "keras-lstm": Lstm,
    "keras-gru": Gru,
}


def curve(net, given, target):
    optimiser = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = F.cross_entropy(net(given), target)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


for name, made in pickle.loads(pathlib.Path(sys.argv[1]).read_bytes()).items():
    if name not in references:
        continue
    torch.manual_seed(0)
    net = references[name](made["weights"])
    rows = torch.tensor(made["rows"])
    apart = np.abs(net(rows).detach().numpy() - made["scores"]).max()
    assert apart < 1e-5, (name, apart)
    record = {
        **made["versions"],
        "torch": torch.__version__,
        "files": [f"{name}.onnx"],
        "refused": [],
        "inputs": {"x": list(rows.shape)},
        "parameters": sum(p.numel() for p in net.parameters()),
        "tensors": sum(1 for _ in net.parameters()),
        "rate": rate,
        "momentum": 0.9,
        "scores": made["scores"].flatten().tolist(),
        "losses": curve(net, rows, torch.tensor([0, 1, 2, 1])),
    }
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
