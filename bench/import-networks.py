"""PyTorch's side of import-networks.ts: exports networks in full size with random weights, and trains a few steps.

Reads one job a line from stdin, {"net", "folder", "rows", "steps", "rate", "train"}. Writes net.onnx, one <input>.bin
for each input and target.bin into the folder, and answers one line of figures.
"""

import copy
import json
import os
import pathlib
import sys
import warnings

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
import torch
from torch import nn
from torch.fx.experimental.optimization import fuse
from torchvision import models

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
size, words = 64, 16


class Bert(nn.Module):
    """BERT-base: 12 layers of 768."""

    def __init__(self):
        super().__init__()
        import transformers

        config = transformers.BertConfig(
            num_labels=4,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            attn_implementation="eager",
        )
        self.bert = transformers.BertForSequenceClassification(config)

    def forward(self, input_ids, attention_mask):
        return self.bert(input_ids=input_ids, attention_mask=attention_mask).logits


builders = {
    "resnet18": models.resnet18,
    "mobilenet_v2": lambda: models.mobilenet_v2(dropout=0.0),
    "mobilenet_v3_large": lambda: models.mobilenet_v3_large(dropout=0.0),
    "efficientnet_b0": lambda: models.efficientnet_b0(dropout=0.0, stochastic_depth_prob=0.0),
    "convnext_tiny": lambda: models.convnext_tiny(stochastic_depth_prob=0.0),
    "vit_b_16": lambda: models.vit_b_16(image_size=size, dropout=0.0, attention_dropout=0.0),
    "bert_base": Bert,
}


def curve(net, inputs, target, job):
    optimiser = torch.optim.SGD(net.parameters(), lr=job["rate"], momentum=0.9)
    losses = []
    for _ in range(job["steps"]):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(net(*inputs), target)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


for line in sys.stdin:
    job = json.loads(line)
    folder = pathlib.Path(job["folder"])
    rows = job["rows"]
    torch.manual_seed(0)
    net = builders[job["net"]]()
    has_norm = any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    net.eval()
    if has_norm and not job["train"]:
        # What the exporter folds, so that both train the same tensors.
        net = fuse(net)
        net.requires_grad_(True)
    if job["net"] == "bert_base":
        mask = torch.ones(rows, words, dtype=torch.int64)
        mask[1, 11:] = 0
        given = {"input_ids": torch.randint(0, 30000, (rows, words)), "attention_mask": mask}
    else:
        given = {"x": torch.randn(rows, 3, size, size)}
    target = torch.randint(0, 4, (rows,))
    inputs = tuple(given.values())

    options = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False} if job["train"] else {}
    torch.onnx.export(
        net,
        inputs,
        str(folder / "net.onnx"),
        input_names=list(given),
        output_names=["scores"],
        dynamic_axes={name: {0: "batch"} for name in given},
        opset_version=17,
        dynamo=False,
        verbose=False,
        **options,
    )
    for name, value in {**given, "target": target}.items():
        (folder / f"{name}.bin").write_bytes(value.numpy().tobytes())

    if job["train"]:
        net.train()
    # The yardstick: the same steps from weights that differ by the rounding of float32.
    shifted = copy.deepcopy(net)
    with torch.no_grad():
        for p in shifted.parameters():
            p.mul_(1 + 1e-7 * torch.randn_like(p))
    losses, beside = (curve(each, inputs, target, job) for each in (net, shifted))
    record = {
        "torch": torch.__version__,
        "parameters": sum(p.numel() for p in net.parameters()),
        "inputs": {name: list(value.shape) for name, value in given.items()},
        "losses": losses,
        "rounding": max(abs(a / b - 1) for a, b in zip(beside, losses)),
    }
    print(json.dumps(record), flush=True)
