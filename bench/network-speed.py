"""PyTorch's side of network-speed.ts: reads one job a line from stdin, answers one line of figures.

A job: {"net": ..., "threads": n, "steps": n, "mode": "train" | "infer", "channelsLast": bool}.
"""

import json
import sys
import time

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


class Bag(nn.Module):
    """Sums of the vectors of tokens and of runs of tokens, as textBag has them."""

    buckets = 131072

    def __init__(self, count, longest, vectors):
        super().__init__()
        self.count, self.longest = count, longest
        self.vector_of = torch.zeros(self.buckets, dtype=torch.int64)
        self.vector_of[torch.randperm(self.buckets)[:vectors]] = torch.arange(1, vectors + 1)
        self.table = nn.EmbeddingBag(count + vectors, 16, mode="sum")

    def forward(self, codes):
        present = (codes > 0).float()
        kept = present * F.dropout(torch.ones_like(present), 0.3, self.training)
        index, weight, there = [codes], [kept], [present]
        places = codes.shape[1]
        for n in range(2, self.longest + 1):
            run = codes[:, : places - n + 1]
            for k in range(1, n):
                run = (run * 1000003 + codes[:, k : places - n + 1 + k]) % self.buckets
            vector = self.vector_of[run]
            read = (vector > 0).float()
            index.append((vector - 1).clamp(min=0) + self.count)
            weight.append(kept[:, n - 1 :] * read)
            there.append(present[:, n - 1 :] * read)
        total = self.table(torch.cat(index, 1), per_sample_weights=torch.cat(weight, 1))
        return total / torch.cat(there, 1).sum(1, keepdim=True).clamp(min=1).sqrt()


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.signs = Bag(7226, 2, 10572), Bag(124, 5, 62976)
        self.head = nn.Linear(32, 4)

    def forward(self, words, signs):
        return self.head(F.dropout(torch.cat([self.words(words), self.signs(signs)], 1), 0.3, self.training))


class Tags(nn.Module):
    """Words, characters, runs of characters and flags through an LSTM both ways, as nn.tagger has them."""

    def __init__(self):
        super().__init__()
        self.words, self.letters = nn.Embedding(3283, 64), nn.Embedding(91, 16)
        self.spelling = nn.Conv1d(16, 48, 3, padding=1)
        self.runs = nn.Embedding(4096, 32)
        self.read = nn.LSTM(64 + 48 + 14 + 14 + 32, 64, batch_first=True, bidirectional=True)
        self.scores = nn.Linear(128, 13)

    def forward(self, word, characters, flags):
        present = (word > 0).float()
        leave_out = lambda share: (present * F.dropout(torch.ones_like(present), share, self.training))[..., None]
        meaning = self.words(word) * leave_out(0.5)
        letters = self.letters(characters.flatten(0, 1)).transpose(1, 2)
        spelling = F.relu(self.spelling(letters)).amax(2).unflatten(0, word.shape)
        beside = F.pad(characters, (1, 1))
        run = ((beside[..., :-2] * 1009 + beside[..., 1:-1]) * 1009 + beside[..., 2:]) % 4096
        written = (characters > 0).float()
        runs = (self.runs(run) * written[..., None]).sum(2) / written.sum(2, keepdim=True).clamp(min=1).sqrt()
        there = present[..., None]
        style = (flags * there).sum(1, keepdim=True) / there.sum(1, keepdim=True).clamp(min=1) * there
        x = torch.cat([meaning, spelling, flags, style, runs * leave_out(0.3)], 2)
        lengths = present.sum(1).long()
        packed = nn.utils.rnn.pack_padded_sequence(
            F.dropout(x, 0.5, self.training), lengths, batch_first=True, enforce_sorted=False
        )
        y, _ = nn.utils.rnn.pad_packed_sequence(self.read(packed)[0], batch_first=True, total_length=word.shape[1])
        return self.scores(F.dropout(y, 0.5, self.training))


def text_rows():
    def codes(length, count):
        full = (length * (0.3 + 0.65 * torch.rand(64, 1))).long()
        return torch.where(torch.arange(length) < full, 1 + (torch.rand(64, length) ** 3 * (count - 1)).long(), 0)

    return (codes(96, 7226), codes(256, 124)), torch.randint(0, 4, (64,))


def tag_rows():
    there = torch.arange(32) < 5 + torch.randint(0, 27, (32, 1))
    word = torch.where(there, 1 + (torch.rand(32, 32) ** 3 * 3282).long(), 0)
    written = torch.where(there, 1 + torch.randint(0, 10, (32, 32)), 0)
    characters = torch.where(torch.arange(20) < written[..., None], 1 + torch.randint(0, 90, (32, 32, 20)), 0)
    flags = ((torch.rand(32, 32, 14) < 0.2) & there[..., None]).float()
    return (word, characters, flags), torch.where(there, torch.randint(0, 13, (32, 32)), -100)


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
    "text": Text,
    "tags": Tags,
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
        if job["net"] in ("text", "tags"):
            decay = 0.02 if job["net"] == "text" else 0.1
            walk = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=decay, fused=True)
            x, y = text_rows() if job["net"] == "text" else tag_rows()
        else:
            walk = (
                torch.optim.Adam(model.parameters(), fused=True)
                if adam
                else torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
            )
            picture = torch.randn(*shapes[job["net"]])
            if job["channelsLast"] and picture.dim() == 4:
                picture = picture.to(memory_format=torch.channels_last)
            x, y = (picture,), torch.randint(0, 10, (picture.shape[0],))
        made[key] = (model, walk, x, y)
    model, walk, x, y = made[key]

    def train():
        walk.zero_grad(set_to_none=True)
        smoothing = 0.05 if job["net"] == "text" else 0.0
        loss = F.cross_entropy(model(*x).flatten(0, -2), y.flatten(), label_smoothing=smoothing)
        loss.backward()
        if job["net"] == "tags":
            nn.utils.clip_grad_norm_(model.parameters(), 5)
        walk.step()

    def infer():
        with torch.inference_mode():
            model(*x)

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
    print(json.dumps({"median": 1000 * times[len(times) // 2], "cpu": 1000 * busy}), flush=True)
