"""Golden values of src/nn/layers/mel-spectrogram.ts. Run: python test/golden/mel.py > test/golden/mel.json

Mel filters, frames, power and decibels of transformers.audio_utils, whose own tests hold them to librosa. It knows
no cut relative to the loudest place but librosa's (`db_range`), so that one is as in librosa.power_to_db(ref=max).
It takes the last bin for half the rate, rounded down, which holds for even frames and rates alone.
"""

import json

import numpy
import transformers
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

random = numpy.random.default_rng(3)


def case(rate, frame, hop, mels, low, high, scale, decibel_range):
    samples = int(frame + hop * 6 + 5)
    time = numpy.arange(samples) / rate
    x = 0.4 * numpy.sin(2 * numpy.pi * (300 + 2000 * time) * time) + 0.02 * random.standard_normal(samples)
    x = numpy.round(x, 5)
    filters = mel_filter_bank(
        num_frequency_bins=frame // 2 + 1,
        num_mel_filters=mels,
        min_frequency=low,
        max_frequency=high,
        sampling_rate=rate,
        norm="slaney",
        mel_scale=scale,
    )
    power = spectrogram(
        x,
        window_function(frame, "hann", periodic=True),
        frame_length=frame,
        hop_length=hop,
        power=2.0,
        center=False,
        mel_filters=filters,
        mel_floor=1e-10,
        dtype=numpy.float64,
    )
    decibels = 10 * numpy.log10(power)
    if decibel_range is not None:
        decibels = numpy.maximum(decibels - decibels.max(), -decibel_range)
    options = {"rate": rate, "frame": frame, "hop": hop, "mels": mels, "low": low, "high": high, "scale": scale}
    if decibel_range is not None:
        options["range"] = decibel_range
    return {"options": options, "x": x.tolist(), "shape": list(decibels.shape), "decibels": decibels.ravel().tolist()}


json.dump(
    {
        "versions": {"numpy": numpy.__version__, "transformers": transformers.__version__},
        "cases": [
            case(8000, 256, 128, 20, 60, 3800, "slaney", None),
            case(16000, 400, 160, 24, 100, 8000, "htk", None),
            case(16000, 512, 200, 40, 0, 8000, "slaney", 40),
            case(22050, 550, 197, 12, 50, 10000, "htk", 60),
        ],
    },
    __import__("sys").stdout,
)
print()
