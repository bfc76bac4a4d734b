"""Golden values of ops over spatial dimensions from PyTorch, in float32, as those of torch-layers.py.
Run: python test/golden/torch-ops.py > test/golden/torch-ops.json"""

import json
import platform

import numpy
import torch
import torch.nn.functional as F

generator = torch.Generator().manual_seed(7)
torch.set_num_threads(1)


def normal(*shape):
    return torch.randn(shape, generator=generator)


def tied(*shape):
    """Few values, so that most windows have ties, as over the background of a picture."""
    return torch.randint(0, 3, shape, generator=generator).float()


def plain(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]}


def golden(f, *inputs):
    leaves = [x.clone().requires_grad_() for x in inputs]
    y = f(*leaves)
    cotangent = normal(*y.shape)
    (cotangent * y).sum().backward()
    return {
        "settings": {},
        "inputs": [plain(x) for x in inputs],
        "outputs": [plain(y)],
        "cotangents": [plain(cotangent)],
        "gradients": [plain(x.grad) for x in leaves],
    }


cases = {
    "conv1d": golden(lambda x, w, b: F.conv1d(x, w, b, padding=1), normal(2, 4, 7), normal(3, 4, 3), normal(3)),
    "conv2d": golden(lambda x, w, b: F.conv2d(x, w, b, padding=1), normal(2, 4, 5, 6), normal(5, 4, 3, 3), normal(5)),
    "conv2d of pixels": golden(
        lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=2), normal(2, 3, 8, 7), normal(4, 3, 5, 5), normal(4)
    ),
    "conv2d by strides and dilations": golden(
        lambda x, w, b: F.conv2d(x, w, b, stride=(2, 1), dilation=(1, 2), padding=(1, 0)),
        normal(2, 4, 8, 7),
        normal(3, 4, 3, 2),
        normal(3),
    ),
    "conv2d in groups": golden(
        lambda x, w, b: F.conv2d(x, w, b, groups=2, padding=1), normal(2, 4, 5, 4), normal(6, 2, 3, 3), normal(6)
    ),
    "conv2d by depth": golden(
        lambda x, w, b: F.conv2d(x, w, b, groups=4, stride=2, padding=1),
        normal(2, 4, 6, 5),
        normal(4, 1, 3, 3),
        normal(4),
    ),
    "conv2d of 1": golden(lambda x, w, b: F.conv2d(x, w, b), normal(2, 5, 3, 4), normal(6, 5, 1, 1), normal(6)),
    "conv3d": golden(lambda x, w, b: F.conv3d(x, w, b, padding=1), normal(1, 2, 3, 4, 3), normal(2, 2, 3, 3, 2), normal(2)),
    "conv_transpose1d": golden(
        lambda x, w, b: F.conv_transpose1d(x, w, b, stride=2, padding=1), normal(2, 3, 5), normal(3, 2, 4), normal(2)
    ),
    "conv_transpose2d": golden(
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1),
        normal(2, 4, 3, 4),
        normal(4, 3, 3, 3),
        normal(3),
    ),
    "conv_transpose2d in groups": golden(
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, groups=2), normal(2, 4, 3, 3), normal(4, 3, 2, 2), normal(6)
    ),
    "max_pool1d": golden(lambda x: F.max_pool1d(x, 3, 2, 1), tied(2, 3, 9)),
    "max_pool2d": golden(lambda x: F.max_pool2d(x, 2), tied(2, 3, 7, 8)),
    "max_pool2d overlapping": golden(lambda x: F.max_pool2d(x, 3, 2, 1), tied(2, 3, 9, 8)),
    "max_pool2d in ceil mode": golden(lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True), tied(2, 2, 8, 7)),
    "max_pool2d with dilations": golden(lambda x: F.max_pool2d(x, 2, 1, dilation=(2, 3)), tied(2, 2, 6, 7)),
    "max_pool3d": golden(lambda x: F.max_pool3d(x, 2), tied(2, 1, 4, 4, 5)),
    "max_pool2d after relu": golden(lambda x: F.max_pool2d(F.relu(x), 2), tied(2, 3, 6, 6) - 1),
    "relu after max_pool2d": golden(lambda x: F.relu(F.max_pool2d(x, 2)), tied(2, 3, 6, 6) - 1),
    "adaptive_max_pool2d": golden(lambda x: F.adaptive_max_pool2d(x, 1), tied(2, 3, 4, 5)),
    "adaptive_avg_pool2d": golden(lambda x: F.adaptive_avg_pool2d(x, 1), normal(2, 3, 4, 5)),
    "avg_pool2d": golden(lambda x: F.avg_pool2d(x, 2), normal(2, 2, 5, 6)),
    "avg_pool2d without padding": golden(
        lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), normal(2, 2, 7, 6)
    ),
    "avg_pool2d with padding in ceil mode": golden(
        lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=True), normal(2, 2, 6, 6)
    ),
    "lp_pool2d": golden(lambda x: F.lp_pool2d(x, 2, 3, 2), normal(2, 2, 7, 6)),
    "lp_pool2d over all": golden(lambda x: F.lp_pool2d(x, 2, (4, 5)), normal(2, 3, 4, 5)),
    "local_response_norm": golden(lambda x: F.local_response_norm(x, 3, 0.8, 0.75, 1.5), normal(2, 5, 3, 2)),
    "nearest": golden(lambda x: F.interpolate(x, scale_factor=2), normal(2, 2, 3, 4)),
    "nearest to a size": golden(lambda x: F.interpolate(x, size=(5, 3)), normal(2, 2, 3, 4)),
    "bilinear": golden(lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), normal(2, 2, 3, 4)),
    "bilinear to a size": golden(lambda x: F.interpolate(x, size=(5, 3), mode="bilinear"), normal(2, 2, 3, 4)),
    "bilinear with corners": golden(
        lambda x: F.interpolate(x, size=(5, 3), mode="bilinear", align_corners=True), normal(2, 2, 3, 4)
    ),
    "bicubic": golden(lambda x: F.interpolate(x, scale_factor=2, mode="bicubic"), normal(1, 2, 3, 4)),
    "pixel_shuffle": golden(lambda x: F.pixel_shuffle(x, 2), normal(2, 8, 2, 3)),
    "pad by reflection": golden(lambda x: F.pad(x, (2, 1, 1, 2), mode="reflect"), normal(2, 2, 3, 4)),
    "pad by the edge": golden(lambda x: F.pad(x, (2, 1, 1, 2), mode="replicate"), normal(2, 2, 3, 4)),
    "pad around": golden(lambda x: F.pad(x, (2, 1, 1, 2), mode="circular"), normal(2, 2, 3, 4)),
}

versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__}
print(json.dumps({"versions": versions, "cases": [{"name": name, **case} for name, case in cases.items()]}))
