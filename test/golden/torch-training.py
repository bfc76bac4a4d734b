"""Loss curves of small networks in PyTorch, from fixed weights and data, for src/nn/training/golden.test.ts.

Run: python torch-training.py > torch-training.json   (PyTorch's version is written into the file)
Curves of 20 steps with plain SGD; dropout off. Weights go by the paths that our layers have.
"""

import json
import sys

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
torch.set_num_threads(1)
steps = 20


def rounded(tensor, digits=6):
    """Short decimals, taken up again by both sides so that both start from the same numbers."""
    return [float(f"{v:.{digits}g}") for v in tensor.detach().double().flatten().tolist()]


def fixed(*shape, scale=1.0):
    values = torch.tensor(rounded(scale * torch.randn(*shape, dtype=torch.float64)), dtype=torch.float64)
    return values.reshape(shape)


class Encoder(nn.Module):
    """One block: norm after the sum, as the first paper has it, and a class by the mean over positions."""

    def __init__(self, d=8, heads=2, feed=16, classes=3):
        super().__init__()
        self.block = nn.TransformerEncoderLayer(d, heads, feed, dropout=0.0, batch_first=True, activation="relu")
        self.head = nn.Linear(d, classes)

    def forward(self, x):
        return self.head(self.block(x).mean(1))


class Recurrent(nn.Module):
    def __init__(self, kind, inputs=3, hidden=5, classes=3, layers=1, bidirectional=False):
        super().__init__()
        cell = {"lstm": nn.LSTM, "gru": nn.GRU}[kind]
        self.cell = cell(inputs, hidden, layers, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(hidden * (2 if bidirectional else 1), classes)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


class BatchNormed(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(F.relu(self.norm(self.conv(x))).mean((2, 3)))


def gates(weight, order):
    """PyTorch's gates (i f g o; r z n) in the order of ONNX (i o f c; z r h)."""
    size = weight.shape[0] // len(order)
    parts = weight.split(size, 0)
    return torch.cat([parts[k] for k in order], 0)


def recurrent_paths(state, kind):
    order = {"lstm": [0, 3, 1, 2], "gru": [1, 0, 2]}[kind]
    weights = {}
    for suffix in ["l0"] + (["l0_reverse"] if "cell.weight_ih_l0_reverse" in state else []):
        for ours, theirs in [("w", "weight_ih"), ("r", "weight_hh"), ("bw", "bias_ih"), ("br", "bias_hh")]:
            weights.setdefault(ours, []).append(gates(state[f"cell.{theirs}_{suffix}"], order))
    return {
        "cell.weight": torch.stack(weights["w"]),
        "cell.recurrent": torch.stack(weights["r"]),
        "cell.bias": torch.stack([torch.cat(pair) for pair in zip(weights["bw"], weights["br"])]),
        "head.weight": state["head.weight"],
        "head.bias": state["head.bias"],
    }


def encoder_paths(state):
    names = {
        "block.attention.qkv.weight": "block.self_attn.in_proj_weight",
        "block.attention.qkv.bias": "block.self_attn.in_proj_bias",
        "block.attention.out.weight": "block.self_attn.out_proj.weight",
        "block.attention.out.bias": "block.self_attn.out_proj.bias",
        "block.feed.0.weight": "block.linear1.weight",
        "block.feed.0.bias": "block.linear1.bias",
        "block.feed.2.weight": "block.linear2.weight",
        "block.feed.2.bias": "block.linear2.bias",
        "block.norm1.weight": "block.norm1.weight",
        "block.norm1.bias": "block.norm1.bias",
        "block.norm2.weight": "block.norm2.weight",
        "block.norm2.bias": "block.norm2.bias",
        "head.weight": "head.weight",
        "head.bias": "head.bias",
    }
    return {ours: state[theirs] for ours, theirs in names.items()}


def case(model, x, paths=lambda state: dict(state), classes=3, rate=0.1, optimiser=None, loss=None, target=None):
    model = model.double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.tensor(rounded(parameter), dtype=torch.float64).reshape(parameter.shape))
    if target is None:
        target = torch.randint(0, classes, (x.shape[0],))
    loss = loss or F.cross_entropy
    state = {name: tensor.clone() for name, tensor in model.state_dict().items() if "num_batches" not in name}
    start = paths(state)
    curves = {}
    for dtype in (torch.float64, torch.float32):
        model.load_state_dict({**model.state_dict(), **state})
        run = model.to(dtype)
        run.train()
        walk = (optimiser or (lambda p: torch.optim.SGD(p, lr=rate)))(run.parameters())
        losses = []
        for _ in range(steps):
            walk.zero_grad()
            wanted = target.to(dtype) if target.is_floating_point() else target
            value = loss(run(x.to(dtype)), wanted)
            value.backward()
            walk.step()
            losses.append(value.item())
        curves[str(dtype).split(".")[1]] = losses
        model = run.double()
    return {
        "x": {"shape": list(x.shape), "data": rounded(x)},
        "target": {"shape": list(target.shape), "data": target.double().flatten().tolist()},
        "weights": {name: {"shape": list(t.shape), "data": rounded(t)} for name, t in start.items()},
        "losses": curves,
    }


def dense():
    return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3))


def small_cnn():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(24, 3),
    )


rows = fixed(16, 5)
pictures = fixed(8, 2, 8, 8)
sequences = fixed(8, 6, 3)
embedded = fixed(8, 4, 8)

networks = {
    "mlp": case(dense(), rows),
    "cnn": case(small_cnn(), pictures, rate=0.05),
    "batchNorm": case(BatchNormed(), pictures, rate=0.05),
    "lstm": case(Recurrent("lstm"), sequences, lambda s: recurrent_paths(s, "lstm"), rate=0.5),
    "gru": case(Recurrent("gru"), sequences, lambda s: recurrent_paths(s, "gru"), rate=0.5),
    "bidirectional": case(
        Recurrent("lstm", bidirectional=True), sequences, lambda s: recurrent_paths(s, "lstm"), rate=0.5
    ),
    "transformer": case(Encoder(), embedded, encoder_paths),
}

optimisers = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1, betas=(0.8, 0.95)),
    "rmsProp": lambda p: torch.optim.RMSprop(p, lr=0.005),
    "rmsPropMomentum": lambda p: torch.optim.RMSprop(p, lr=0.002, momentum=0.9, alpha=0.9),
}
walks = {name: case(dense(), rows, optimiser=make) for name, make in optimisers.items()}

numbers = fixed(16, 3)
shares = torch.softmax(fixed(16, 3), 1)
shares = torch.tensor(rounded(shares), dtype=torch.float64).reshape(16, 3)
yes = (fixed(16, 3) > 0).double()
losses = {
    "smoothed": case(dense(), rows, loss=lambda s, t: F.cross_entropy(s, t, label_smoothing=0.1)),
    "soft": case(dense(), rows, loss=F.cross_entropy, target=shares),
    "binaryCrossEntropy": case(dense(), rows, loss=F.binary_cross_entropy_with_logits, target=yes),
    "positiveWeight": case(
        dense(),
        rows,
        loss=lambda s, t: F.binary_cross_entropy_with_logits(s, t, pos_weight=torch.tensor(3.0, dtype=s.dtype)),
        target=yes,
    ),
    "meanSquaredError": case(dense(), rows, loss=F.mse_loss, target=numbers),
    "meanAbsoluteError": case(dense(), rows, loss=F.l1_loss, target=numbers),
    "huber": case(dense(), rows, loss=lambda s, t: F.huber_loss(s, t, delta=0.7), target=numbers),
}

# Drawings on an empty background, where most windows of a pool are ties of the biases. Last, since it draws numbers.
drawn = torch.zeros_like(pictures)
drawn[:, :, 3:6, 2:5] = pictures[:, :, 3:6, 2:5]
networks["cnnOnBackground"] = case(small_cnn(), drawn, rate=0.3)

json.dump(
    {"versions": {"torch": torch.__version__, "python": sys.version.split()[0]}, "networks": networks, "optimisers": walks, "losses": losses},
    sys.stdout,
    separators=(",", ":"),
)
