"""PyTorch's side of image-accuracy.ts --peer: the same network and recipe on the same pictures.

Reads one JSON request from standard input: {net, side, channels, classes, part, epochs, batchSize, learningRate,
labelSmoothing, threads, mean, deviation, train, trainCount, test, testCount}, and {validation, validationCount} where
each epoch ends by scoring some; `train` and the others are files of pixels [pictures, side, side, channels] as bytes,
then one class a picture. Writes one JSON line {accuracy, cpuSeconds, seconds,
format, torch}. Pictures are changed batch by batch in whole tensors, and the memory format of the first few steps that
is the faster one is taken.
"""
import copy
import json
import math
import os
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import torch
from torch import nn
from torch.nn import functional as F

job = json.load(sys.stdin)
torch.set_num_threads(job["threads"])
torch.manual_seed(1)
side, channels, classes, part = job["side"], job["channels"], job["classes"], job["part"]


def read(path, count):
    raw = torch.frombuffer(bytearray(open(path, "rb").read()), dtype=torch.uint8)
    pixels = raw[: count * side * side * channels].reshape(count, side, side, channels).permute(0, 3, 1, 2)
    return pixels.contiguous(), raw[count * side * side * channels :].long()


def stage(inputs, width, down):
    layers = [nn.Conv2d(inputs, width, 3, 2 if down == "stride" else 1, 1, bias=False)]
    if down == "pool":
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.BatchNorm2d(width), nn.ReLU())


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


def head(inputs, share):
    return [nn.Flatten(), nn.Dropout(share), nn.Linear(inputs, classes)]


nets = {
    "small": lambda: nn.Sequential(
        stage(channels, 32, "pool"), stage(32, 64, "stride"), stage(64, 96, "pool"), *head(864, 0.2)
    ),
    "large": lambda: nn.Sequential(
        stage(channels, 32, "keep"), stage(32, 64, "stride"), Residual(stage(64, 64, "keep")),
        stage(64, 128, "stride"), Residual(stage(128, 128, "keep")), nn.AdaptiveAvgPool2d(1), *head(128, 0.2),
    ),
    "flowers": lambda: nn.Sequential(
        stage(channels, 32, "pool"), stage(32, 64, "pool"), stage(64, 128, "pool"), Residual(stage(128, 128, "keep")),
        stage(128, 256, "pool"), Residual(stage(256, 256, "keep")), nn.AdaptiveAvgPool2d(1), *head(256, 0.2),
    ),
}  # fmt: skip

mean = torch.tensor(job["mean"]).view(1, -1, 1, 1)
deviation = torch.tensor(job["deviation"]).view(1, -1, 1, 1)


def shifted(x):
    """Flips from left to right, and shifts by up to one pixel."""
    rows = x.shape[0]
    x = torch.where(torch.rand(rows, 1, 1, 1) < 0.5, x.flip(3), x)
    padded = F.pad(x, (1, 1, 1, 1))
    down, across = torch.randint(3, (rows,)), torch.randint(3, (rows,))
    out = torch.empty_like(x)
    for i in range(3):
        for j in range(3):
            chosen = (down == i) & (across == j)
            out[chosen] = padded[chosen, :, i : i + side, j : j + side]
    return out


def grey(x):
    return (x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)


def erase(x, probability, most):
    """Noise in place of a piece of some pictures, in place."""
    rows, _, high, wide = x.shape
    for i in (torch.rand(rows) < probability).nonzero().flatten().tolist():
        share = high * wide * float(torch.empty(1).uniform_(0.02, most))
        slant = math.exp(float(torch.empty(1).uniform_(math.log(0.3), math.log(3.3))))
        across, down = min(wide, round(math.sqrt(share * slant))), min(high, round(math.sqrt(share / slant)))
        top, left = int(torch.randint(high - down + 1, ())), int(torch.randint(wide - across + 1, ()))
        x[i, :, top : top + down, left : left + across] = torch.rand(channels, down, across)


def views(x):
    """A part of the photo, flipped, in other light, with a piece missing."""
    rows = x.shape[0]
    area = torch.empty(rows).uniform_(0.35, 1)
    ratio = torch.exp(torch.empty(rows).uniform_(math.log(0.75), math.log(4 / 3)))
    width = torch.sqrt(area * ratio).clamp(max=1)
    height = torch.sqrt(area / ratio).clamp(max=1)
    flip = torch.where(torch.rand(rows) < 0.5, -1.0, 1.0)
    place = torch.zeros(rows, 2, 3)
    place[:, 0, 0], place[:, 0, 2] = width * flip, (1 - width) * (2 * torch.rand(rows) - 1)
    place[:, 1, 1], place[:, 1, 2] = height, (1 - height) * (2 * torch.rand(rows) - 1)
    grid = F.affine_grid(place, (rows, channels, part, part), align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
    factor = lambda change: torch.empty(rows, 1, 1, 1).uniform_(1 - change, 1 + change)
    x = (x * factor(0.15)).clamp(0, 1)
    level = grey(x).mean((2, 3), keepdim=True)
    x = (level + factor(0.2) * (x - level)).clamp(0, 1)
    own = grey(x)
    x = (own + factor(0.3) * (x - own)).clamp(0, 1)
    erase(x, 0.25, 0.2)
    return x


blend = torch.distributions.Beta(0.2, 0.2)


def batch_of(pixels, codes, rows):
    x = pixels[rows].float() / 255
    y = F.one_hot(codes[rows], classes).float()
    if job["net"] == "flowers":
        x = views(x)
        other, share = torch.randperm(len(rows)), blend.sample((len(rows), 1))
        x = share.view(-1, 1, 1, 1) * x + (1 - share).view(-1, 1, 1, 1) * x[other]
        y = share * y + (1 - share) * y[other]
    else:
        x = shifted(x)
        if job["net"] != "small":
            erase(x, 0.5, 0.15)
    return (x - mean) / deviation, y


pixels, codes = read(job["train"], job["trainCount"])
if "validation" in job:
    validation = read(job["validation"], job["validationCount"])
steps = job["trainCount"] // job["batchSize"]
total = steps * job["epochs"]


def factor(step):
    glide = lambda begin, end, share: end + (begin - end) * (1 + math.cos(math.pi * share)) / 2
    top = 0.2 * total
    return glide(0.04, 1, step / top) if step < top else glide(1, 1e-4, (step - top) / max(1, total - top))


def begin(model):
    walk = torch.optim.AdamW(model.parameters(), lr=job["learningRate"], weight_decay=0.05, fused=True)
    return walk, torch.optim.lr_scheduler.LambdaLR(walk, factor)


def step(model, walk, x, y, memory):
    walk.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(x.contiguous(memory_format=memory)), y, label_smoothing=job["labelSmoothing"])
    loss.backward()
    walk.step()
    return loss


def scored(model, pixels, answers, size, mirror):
    """The share of pictures told right."""
    model.eval()
    right = 0
    with torch.inference_mode():
        for x, y in zip(pixels.split(size), answers.split(size)):
            x = ((x.float() / 255 - mean) / deviation).contiguous(memory_format=memory)
            scores = model(x) + model(x.flip(3)) if mirror else model(x)
            right += int((scores.argmax(1) == y).sum())
    model.train()
    return right / len(answers)


made = nets[job["net"]]()
formats = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}
tried = {}
for name, memory in formats.items():
    trial = copy.deepcopy(made).to(memory_format=memory)
    walk, _ = begin(trial)
    x, y = batch_of(pixels, codes, torch.arange(job["batchSize"]))
    step(trial, walk, x, y, memory)
    busy = time.process_time()
    for _ in range(5):
        step(trial, walk, x, y, memory)
    tried[name] = time.process_time() - busy
name = min(tried, key=tried.get)
memory = formats[name]
model = made.to(memory_format=memory)
walk, rate = begin(model)
busy, wall = time.process_time(), time.perf_counter()
for _ in range(job["epochs"]):
    order = torch.randperm(job["trainCount"])
    for k in range(steps):
        rows = order[k * job["batchSize"] : (k + 1) * job["batchSize"]]
        step(model, walk, *batch_of(pixels, codes, rows), memory)
        rate.step()
    if "validation" in job:
        scored(model, *validation, 100, False)
busy, wall = time.process_time() - busy, time.perf_counter() - wall

accuracy = scored(model, *read(job["test"], job["testCount"]), 200, job["net"] == "flowers")
print(json.dumps({"accuracy": accuracy, "cpuSeconds": busy, "seconds": wall, "format": name, "torch": torch.__version__}))
