"""PyTorch's side of network-speed.ts: reads one job a line from stdin, answers one line of figures.

A job: {"net": ..., "threads": n, "steps": n, "mode": "train" | "infer", "channelsLast": bool}.
"""

import json
import os
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.a = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.na = nn.BatchNorm2d(outputs)
        self.b = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.nb = nn.BatchNorm2d(outputs)
        self.short = None
        if stride != 1 or inputs != outputs:
            self.short = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.nb(self.b(F.relu(self.na(self.a(x)))))
        return F.relu(y + (x if self.short is None else self.short(x)))


def resnet18():
    layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    inputs = 64
    for outputs, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        layers += [Block(inputs, outputs, stride), Block(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTM(64, 128, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        block = nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(block, 2, enable_nested_tensor=False)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.body(x).mean(1))


def separable(stride):
    return nn.Sequential(
        nn.Conv2d(64, 64, 3, stride, 1, groups=64, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Conv2d(64, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
    )  # fmt: skip


class DsCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 64, 3, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
        self.blocks = nn.Sequential(separable(2), separable(1), separable(1), separable(1))
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(64, 10))

    def forward(self, x):
        return self.head(self.blocks(self.stem(x.unsqueeze(1))).mean((2, 3)))


nets = {
    "mlp": lambda: nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    ),
    "cnn": lambda: nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
    ),
    "resnet18": resnet18,
    "lstm": Lstm,
    "transformer": Encoder,
    "ds-cnn": DsCnn,
}  # fmt: skip
shapes = {"mlp": (128, 784), "cnn": (128, 1, 28, 28), "resnet18": (32, 3, 32, 32), "lstm": (32, 64, 64), "transformer": (32, 64, 128), "ds-cnn": (64, 40, 34)}
made = {}

print(json.dumps({"torch": torch.__version__}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    torch.set_num_threads(job["threads"])
    key = (job["net"], job["channelsLast"])
    if key not in made:
        torch.manual_seed(0)
        model = nets[job["net"]]()
        if job["channelsLast"]:
            model = model.to(memory_format=torch.channels_last)
        adam = job["net"] in ("mlp", "lstm", "transformer", "ds-cnn")
        walk = (
            torch.optim.Adam(model.parameters(), fused=True)
            if adam
            else torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        )
        x = torch.randn(*shapes[job["net"]])
        if job["channelsLast"] and x.dim() == 4:
            x = x.to(memory_format=torch.channels_last)
        made[key] = (model, walk, x, torch.randint(0, 10, (x.shape[0],)))
    model, walk, x, y = made[key]

    def train():
        walk.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        walk.step()

    def infer():
        with torch.inference_mode():
            model(x)

    model.train(job["mode"] == "train")
    run = train if job["mode"] == "train" else infer
    run()
    times = []
    busy = time.process_time()
    for _ in range(job["steps"]):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    busy = (time.process_time() - busy) / job["steps"]
    times.sort()
    print(json.dumps({"median": 1000 * times[len(times) // 2], "least": 1000 * times[0], "cpu": 1000 * busy}), flush=True)
