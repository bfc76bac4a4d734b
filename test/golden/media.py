"""Golden values of src/data/media. Run: python test/golden/media.py > test/golden/media.json

Resizing by ONNX Runtime's Resize, the decoding of A-law and mu-law by the standard library where it has it (Python
below 3.13) or by ITU-T G.711 written out a second way, resampling by SciPy's resample_poly with our filter.
"""

import json
import math
import sys

import numpy
import onnx
import onnxruntime
import scipy
from onnx import TensorProto, helper
from scipy.signal import resample_poly

random = numpy.random.default_rng(11)


def resized(pixels, size):
    """Float32 rows through Resize(linear, antialias, exclude_outside) as a shipped graph would do it."""
    node = helper.make_node(
        "Resize",
        ["x", "", "", "sizes"],
        ["y"],
        mode="linear",
        antialias=1,
        exclude_outside=1,
        coordinate_transformation_mode="half_pixel",
    )
    graph = helper.make_graph(
        [node],
        "resize",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, *pixels.shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, *size])],
        [helper.make_tensor("sizes", TensorProto.INT64, [4], [1, 1, *size])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": pixels[None, None].astype(numpy.float32)})[0][0, 0]


def resize_case(height, width, to_height, to_width):
    pixels = random.integers(0, 256, size=(height, width))
    return {
        "height": height,
        "width": width,
        "toHeight": to_height,
        "toWidth": to_width,
        "pixels": pixels.ravel().tolist(),
        "resized": [round(float(v), 4) for v in resized(pixels, (to_height, to_width)).ravel()],
    }


def a_law(code):
    """G.711 table 1a by its decision values: the middle of the interval that a code stands for, in 16 bits."""
    code ^= 0x55
    sign = 1 if code & 0x80 else -1
    segment, step = code >> 4 & 7, code & 15
    low = 16 * step if segment == 0 else (16 + step) * 16 * 2 ** (segment - 1)
    width = 16 if segment == 0 else 16 * 2 ** (segment - 1)
    return sign * (low + width // 2)


def mu_law(code):
    """G.711 table 2a: outputs lie at 2^segment (step + 16.5) - 16.5, of 14 bits, here in 16."""
    code ^= 0xFF
    sign = -1 if code & 0x80 else 1
    segment, step = code >> 4 & 7, code & 15
    return int(sign * 4 * (2**segment * (2 * step + 33) - 33))


def companding():
    alaw, ulaw = [a_law(c) for c in range(256)], [mu_law(c) for c in range(256)]
    try:
        import audioop
    except ImportError:
        return {"aLaw": alaw, "muLaw": ulaw, "audioop": False}
    every = bytes(range(256))
    assert numpy.frombuffer(audioop.alaw2lin(every, 2), "<i2").tolist() == alaw
    assert numpy.frombuffer(audioop.ulaw2lin(every, 2), "<i2").tolist() == ulaw
    return {"aLaw": alaw, "muLaw": ulaw, "audioop": True}


def kernel(up, down):
    """The filter of src/core/resample.ts on the finer grid, each phase adding up to one."""
    crossings, beta = 64, 0.1102 * (90 - 8.7)
    scale = min(1.0, up / down)
    half = math.floor(crossings / scale * up + 1e-9)
    t = numpy.abs(numpy.arange(-half, half + 1)) / up * scale
    inside = numpy.clip(1 - (t / crossings) ** 2, 0, None)
    h = numpy.sinc(0.955 * t) * numpy.i0(beta * numpy.sqrt(inside)) / numpy.i0(beta) * (t <= crossings + 1e-9)
    for phase in range(up):
        # Places that belong to one moment; the middle one is a multiple of `up` away from the end.
        h[(half + phase) % up :: up] /= h[(half + phase) % up :: up].sum()
    return h


def resample_case(source, target, length):
    divisor = math.gcd(source, target)
    up, down = target // divisor, source // divisor
    x = random.normal(size=length).astype(numpy.float32) * 0.3
    y = resample_poly(x.astype(numpy.float64), up, down, window=kernel(up, down) / up)
    return {
        "from": source,
        "to": target,
        "x": [float(v) for v in x],
        "y": [float(f"{v:.9g}") for v in y],
    }


json.dump(
    {
        "versions": {
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
            "scipy": scipy.__version__,
            "numpy": numpy.__version__,
            "python": sys.version.split()[0],
        },
        "resize": [
            resize_case(*sizes)
            for sizes in [(12, 17, 5, 6), (9, 9, 9, 9), (4, 5, 9, 12), (31, 3, 4, 7), (1, 1, 3, 3), (20, 21, 1, 1)]
        ],
        "companding": companding(),
        "resample": [
            resample_case(*case)
            for case in [(44100, 16000, 220), (8000, 16000, 60), (16000, 8000, 120), (11025, 8000, 150), (3, 7, 40)]
        ],
    },
    sys.stdout,
    separators=(",", ":"),
)
print()
