"""Networks exported by PyTorch's two exporters, and the losses of 20 steps of PyTorch on the same rows, for
src/nn/import/golden.test.ts.

Run: python torch-exports.py [name...]   writes test/fixtures/exports/<name>.<exporter>.onnx and <name>.json
Needs torch, torchvision, transformers, onnx, onnxscript; the versions are written into the JSON files.

The networks are torchvision's and transformers' own classes with few channels and blocks, or their blocks put
together where the class cannot be made small. Exporters fold BatchNormalization into the convolution before it: so
the curve is that of the folded network, which is what the file holds. Rows are made by a rule in whole numbers,
which the test follows too. Dropout is off.
"""

import copy
import json
import pathlib
import sys
import warnings

import onnx
import torch
import torchvision
import transformers
from torch import nn
from torch.fx.experimental.optimization import fuse
from torchvision.models import convnext, efficientnet, mobilenetv2, mobilenetv3, resnet, vision_transformer

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
folder = pathlib.Path(__file__).parent.parent / "fixtures" / "exports"
steps = 20
rate = 0.02
rows = 4
classes = 3


def whole(count, salt, modulus):
    """Whole numbers below the modulus, the same in every language."""
    return [(i * i * 7 + i * 31 + salt * 1009) % 10007 % modulus for i in range(count)]


def pictures(salt, size, channels=3):
    count = rows * channels * size * size
    values = torch.tensor(whole(count, salt, 10007), dtype=torch.float64) / 5003.5 - 1
    return values.float().reshape(rows, channels, size, size)


class SmallCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 12, 3, stride=2, padding=1)
        self.fc = nn.Linear(12 * 16, classes)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv1(x)), 2)
        return self.fc(torch.relu(self.conv2(x)).flatten(1))


class Normed(nn.Module):
    """Kept apart from its normalisation, as exports without folding have it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, bias=False)
        self.norm = nn.BatchNorm2d(6)
        self.fc = nn.Linear(6, classes)

    def forward(self, x):
        return self.fc(torch.relu(self.norm(self.conv(x))).mean((2, 3)))


class Resnet(nn.Module):
    """ResNet-18's stem and four stages, with one block of 8 to 24 channels each."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = [8, 12, 16, 24]
        for i, width in enumerate(widths):
            before = widths[max(0, i - 1)]
            stride = 1 if i == 0 else 2
            down = None
            if stride != 1:
                down = nn.Sequential(resnet.conv1x1(before, width, stride), nn.BatchNorm2d(width))
            setattr(self, f"layer{i + 1}", nn.Sequential(resnet.BasicBlock(before, width, stride, down)))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(24, classes)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        config = transformers.BertConfig(
            vocab_size=40,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=24,
            max_position_embeddings=12,
            num_labels=classes,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            attn_implementation="eager",
        )
        self.bert = transformers.BertForSequenceClassification(config)

    def forward(self, input_ids, attention_mask):
        return self.bert(input_ids=input_ids, attention_mask=attention_mask).logits


def mobilenet_v2():
    setting = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 1, 2]]
    net = mobilenetv2.MobileNetV2(
        num_classes=classes, width_mult=0.25, inverted_residual_setting=setting, round_nearest=4, dropout=0.0
    )
    # The last layers do not shrink with the width.
    before = net.features[-1][0].in_channels
    net.features[-1] = torchvision.ops.misc.Conv2dNormActivation(before, 32, kernel_size=1, activation_layer=nn.ReLU6)
    net.classifier = nn.Sequential(nn.Dropout(0.0), nn.Linear(32, classes))
    return net


def mobilenet_v3():
    def conf(*args):
        return mobilenetv3.InvertedResidualConfig(*args, 1, 1)

    setting = [
        conf(8, 3, 8, 8, True, "RE", 2),
        conf(8, 3, 24, 12, False, "RE", 2),
        conf(12, 5, 32, 16, True, "HS", 1),
    ]
    return mobilenetv3.MobileNetV3(setting, last_channel=32, num_classes=classes, dropout=0.0)


def efficientnet_b0():
    def conf(expand, kernel, stride, into, out, layers):
        return efficientnet.MBConvConfig(expand, kernel, stride, into, out, layers)

    setting = [conf(1, 3, 1, 8, 8, 1), conf(6, 3, 2, 8, 8, 2), conf(6, 5, 2, 8, 16, 1)]
    return efficientnet.EfficientNet(
        setting, dropout=0.0, stochastic_depth_prob=0.0, num_classes=classes, last_channel=32
    )


def convnext_t():
    conf = convnext.CNBlockConfig
    setting = [conf(8, 12, 1), conf(12, 16, 1), conf(16, None, 1)]
    # At the published 1e-6 the blocks would hardly count.
    return convnext.ConvNeXt(setting, stochastic_depth_prob=0.0, layer_scale=0.1, num_classes=classes)


def vit():
    net = vision_transformer.VisionTransformer(
        image_size=16, patch_size=4, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=24, num_classes=classes
    )
    nn.init.normal_(net.heads.head.weight, std=0.2)
    return net


def ids():
    values = torch.tensor(whole(rows * 12, 3, 40), dtype=torch.int64).reshape(rows, 12)
    mask = torch.ones(rows, 12, dtype=torch.int64)
    mask[1, 8:] = 0
    mask[3, 5:] = 0
    return values, mask


# Builder, input names, inputs, whether BatchNormalization is folded as the exporters do it.
networks = {
    "small-cnn": (SmallCnn, ["x"], lambda: (pictures(1, 16),), False),
    "half": (SmallCnn, ["x"], lambda: (pictures(1, 16),), False),
    "batch-norm": (Normed, ["x"], lambda: (pictures(2, 10),), False),
    "resnet": (Resnet, ["x"], lambda: (pictures(4, 32),), True),
    "mobilenet-v2": (mobilenet_v2, ["x"], lambda: (pictures(5, 32),), True),
    "mobilenet-v3": (mobilenet_v3, ["x"], lambda: (pictures(6, 32),), True),
    "efficientnet": (efficientnet_b0, ["x"], lambda: (pictures(7, 32),), True),
    "convnext": (convnext_t, ["x"], lambda: (pictures(8, 32),), False),
    "vit": (vit, ["x"], lambda: (pictures(9, 16),), False),
    "bert": (Bert, ["input_ids", "attention_mask"], ids, False),
}


def settle(net):
    """Running figures away from 0 and 1, so that folding matters; biases away from 0, since the new exporter leaves
    out those that are."""
    for name, parameter in net.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter, std=0.05)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.normal_(module.bias, std=0.1)


def export(net, inputs, names, path, dynamo, batch, keep):
    """`batch`: whether the file takes any number of rows; else 1. `keep`: no folding."""
    given = inputs if batch else tuple(x[:1] for x in inputs)
    options = {}
    if dynamo:
        if batch:
            options["dynamic_shapes"] = tuple({0: torch.export.Dim("batch", min=1, max=1024)} for _ in names)
        options["external_data"] = False
        options["optimize"] = not keep
    else:
        if batch:
            options["dynamic_axes"] = {name: {0: "batch"} for name in names}
        options["opset_version"] = 17
        options["do_constant_folding"] = not keep
        if keep:
            options["training"] = torch.onnx.TrainingMode.PRESERVE
    torch.onnx.export(
        net, given, str(path), input_names=names, output_names=["scores"], dynamo=dynamo, verbose=False, **options
    )
    model = onnx.load(str(path))
    # Names of source files and stack traces say nothing about the network.
    model.doc_string = ""
    model.graph.doc_string = ""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        value.doc_string = ""
        del value.metadata_props[:]
    onnx.save(model, str(path))


def curve(net, inputs, target):
    parameters = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.SGD(parameters, lr=rate, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(net(*inputs), target)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def make(name):
    build, names, rows_of, folded = networks[name]
    torch.manual_seed(0)
    net = build()
    settle(net)
    net.eval()
    if folded:
        net = fuse(net)
        # Biases that come from the running mean are made without a gradient.
        net.requires_grad_(True)
    inputs = rows_of()
    target = torch.tensor([0, 1, 2, 1])
    keep = name == "batch-norm"
    exported, given = net, inputs
    if name == "half":
        exported, given = copy.deepcopy(net).half(), tuple(x.half() for x in inputs)
        net = copy.deepcopy(exported).float()
    files, refused = [], []
    for exporter in ["dynamo", "torchscript"]:
        for batch in [True, False]:
            # One file with a fixed batch of each exporter and kind of network is enough. That of BERT picks its
            # mask by row numbers, and is there to be refused.
            if not batch and name not in ("resnet", "vit") and (name, exporter) != ("bert", "torchscript"):
                continue
            path = folder / f"{name}.{exporter}{'' if batch else '.one'}.onnx"
            try:
                export(exported, given, names, path, exporter == "dynamo", batch, keep)
                (refused if name == "bert" and not batch else files).append(path.name)
                print(path.name, path.stat().st_size, file=sys.stderr)
            except Exception as error:
                print(path.name, "not exported:", repr(error)[:300], file=sys.stderr)
    scores = net(*inputs).detach().flatten().tolist()
    trained = copy.deepcopy(net).train()
    losses = curve(net, inputs, target)
    record = {
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "transformers": transformers.__version__,
        "files": files,
        "refused": refused,
        "inputs": {n: list(x.shape) for n, x in zip(names, inputs)},
        "parameters": sum(p.numel() for p in net.parameters() if p.requires_grad),
        "tensors": sum(1 for p in net.parameters() if p.requires_grad),
        "rate": rate,
        "momentum": 0.9,
        "scores": scores,
        "losses": losses,
    }
    if keep:
        moved = curve(trained, inputs, target)
        figures = {f"running_{f}": getattr(trained.norm, f"running_{f}").tolist() for f in ("mean", "var")}
        record["training"] = {"losses": moved, **figures}
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")


folder.mkdir(parents=True, exist_ok=True)
for name in sys.argv[1:] or networks:
    make(name)
