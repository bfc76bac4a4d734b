"""Golden span scores of BIO tags by seqeval.

Writes spans.json beside this file. Made with seqeval 1.2.2, scikit-learn 1.9.1: python test/golden/spans.py
The tags follow from a formula that spans.test.ts repeats; most of the sequences break the BIO rule somewhere.
"""
import importlib.metadata
import json
import pathlib

import sklearn
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities

TAGS = ["O", "B-per", "I-per", "B-loc", "I-loc"]


def tags(sentence, a, b, c):
    length = 1 + sentence % 9
    return [TAGS[(a * sentence + b * place * place + c * place + sentence * place) % 7 % 5] for place in range(length)]


cases = []
for a, b, c, shift in [(3, 1, 2, 1), (1, 2, 5, 0), (5, 3, 1, 4), (2, 0, 0, 3)]:
    actual = [tags(s, a, b, c) for s in range(60)]
    # Every third sentence is tagged as it is; the others by a shifted formula.
    said = [actual[s] if s % 3 == 0 else tags(s, a, b, c + shift) for s in range(60)]
    only = lambda rows, kind: [[t if t.endswith(kind) else "O" for t in row] for row in rows]
    cases.append(dict(
        numbers=[a, b, c, shift],
        spans=[[k, s, e + 1] for k, s, e in get_entities(said[47])],
        scores={kind: dict(precision=precision_score(y, p, zero_division=0), recall=recall_score(y, p, zero_division=0),
                           f1=f1_score(y, p, zero_division=0))
                for kind, y, p in [("all", actual, said), ("per", only(actual, "-per"), only(said, "-per"))]},
    ))
made = f"seqeval {importlib.metadata.version('seqeval')}, scikit-learn {sklearn.__version__}"
(pathlib.Path(__file__).parent / "spans.json").write_text(json.dumps(dict(made_with=made, cases=cases), indent=1) + "\n")
