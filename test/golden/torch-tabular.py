"""Networks for tables in PyTorch: scores and gradients from fixed weights, for src/nn/architectures/tabular.test.ts.

Run: python torch-tabular.py > torch-tabular.json   (PyTorch's version is written into the file)
Written after the papers' formulas: piecewise linear and periodic embeddings of numbers (arXiv 2203.05556), TabM with
its shared weights, factors by member and heads (arXiv 2410.24210). Weights go by the paths that our layers have.
"""

import json
import math
import sys

import torch
from torch.nn import functional as F

torch.manual_seed(3)
batch, features, members, classes = 6, 3, 4, 3
units = [5, 4]
edges = [[-2.0, -0.5, 0.25, 1.0, 2.0], [-1.5, 0.0, 1.5], [-1.0, 1.0]]
bins = max(len(list_) for list_ in edges) - 1


def fixed(*shape, scale=1.0):
    """Short decimals, so that both sides start from the same numbers."""
    values = [float(f"{v:.6g}") for v in (scale * torch.randn(*shape, dtype=torch.float64)).flatten().tolist()]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def piecewise(x):
    """Bin t of feature j: (x - b_t) / (b_{t+1} - b_t), cut to [0, 1] but for the first from below and the last from above."""
    out = torch.zeros(x.shape[0], features, bins, dtype=x.dtype)
    for j, list_ in enumerate(edges):
        for t in range(len(list_) - 1):
            share = (x[:, j] - list_[t]) / (list_[t + 1] - list_[t])
            if t > 0:
                share = share.clamp(min=0)
            if t < len(list_) - 2:
                share = share.clamp(max=1)
            out[:, j, t] = share
    return out


def each(x, weight, bias):
    return torch.stack([x[:, n] @ weight[n] + bias[n] for n in range(x.shape[1])], dim=1)


def embedded(code, p):
    return F.relu(each(code, p["embedding.each.weight"], p["embedding.each.bias"])).flatten(1)


def periodic(x, p):
    angle = 2 * math.pi * p["embedding.code.frequency"] * x[:, :, None]
    return torch.cat([torch.sin(angle), torch.cos(angle)], dim=2)


def tab_m(x, p, prefix=""):
    """Member by member, so that nothing is shared but the weights themselves."""
    answers = []
    for m in range(members):
        h = x
        for k in range(len(units)):
            at = f"{prefix}layers.{k}.shared."
            h = F.relu(p[at + "after"][m] * ((p[at + "before"][m] * h) @ p[at + "weight"].T) + p[at + "bias"][m])
        answers.append(h @ p[f"{prefix}heads.weight"][m] + p[f"{prefix}heads.bias"][m])
    return torch.stack(answers, dim=1)


def tab_m_weights(inputs, outputs, prefix=""):
    p = {}
    for k, size in enumerate(units):
        p[f"{prefix}layers.{k}.shared.weight"] = fixed(size, inputs, scale=0.5)
        p[f"{prefix}layers.{k}.shared.before"] = fixed(members, inputs)
        p[f"{prefix}layers.{k}.shared.after"] = fixed(members, size)
        p[f"{prefix}layers.{k}.shared.bias"] = fixed(members, size, scale=0.3)
        inputs = size
    p[f"{prefix}heads.weight"] = fixed(members, inputs, outputs)
    p[f"{prefix}heads.bias"] = fixed(members, outputs)
    return p


def embedding_weights(code, size):
    return {"embedding.each.weight": fixed(features, code, size, scale=0.5), "embedding.each.bias": fixed(features, size, scale=0.3)}


def tensor(t):
    return dict(shape=list(t.shape), data=t.detach().flatten().tolist())


x = fixed(batch, features, scale=1.4)
codes = torch.randint(0, classes, (batch,))
numbers = fixed(batch, 1)
linear_weights = lambda inputs: {"head.weight": fixed(classes, inputs, scale=0.5), "head.bias": fixed(classes)}
cross_entropy = lambda s: F.cross_entropy(s, codes)
member_cross_entropy = lambda s: torch.stack([F.cross_entropy(s[:, m], codes) for m in range(members)]).mean()
member_squares = lambda s: torch.stack([F.mse_loss(s[:, m], numbers) for m in range(members)]).mean()
head = lambda h, p: h @ p["head.weight"].T + p["head.bias"]

cases = {
    "piecewise": (lambda p: head(embedded(piecewise(x), p), p), {**embedding_weights(bins, 4), **linear_weights(features * 4)}, cross_entropy),
    "periodic": (
        lambda p: head(embedded(periodic(x, p), p), p),
        {"embedding.code.frequency": fixed(features, 5, scale=0.4), **embedding_weights(10, 4), **linear_weights(features * 4)},
        cross_entropy,
    ),
    "tabM": (lambda p: tab_m(x, p), tab_m_weights(features, classes), member_cross_entropy),
    "tabMOfNumbers": (lambda p: tab_m(x, p), tab_m_weights(features, 1), member_squares),
    "both": (
        lambda p: tab_m(embedded(piecewise(x), p), p, "net."),
        {**embedding_weights(bins, 4), **tab_m_weights(features * 4, classes, "net.")},
        member_cross_entropy,
    ),
}

out = dict(
    made=dict(script="test/golden/torch-tabular.py", python=sys.version.split()[0], torch=torch.__version__),
    edges=edges, x=tensor(x), codes=codes.tolist(), numbers=tensor(numbers), code=tensor(piecewise(x)), cases={},
)
for name, (forward, weights, loss) in cases.items():
    p = {path: value.clone().requires_grad_(True) for path, value in weights.items()}
    scores = forward(p)
    total = loss(scores)
    total.backward()
    out["cases"][name] = dict(
        weights={path: tensor(value) for path, value in weights.items()},
        scores=tensor(scores), loss=total.item(), gradients={path: tensor(value.grad) for path, value in p.items()},
    )
json.dump(out, sys.stdout)
print()
