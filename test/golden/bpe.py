"""Golden byte-level BPE: pieces, merges and codes of Hugging Face's tokenizers.

Writes bpe.json beside this file. Made with tokenizers 0.23.3: python test/golden/bpe.py
"""
import json
import pathlib

import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

texts = [
    "The cat sat on the mat; the other cats sat on other mats.",
    "It's 2024 and they're at 12:30, aren't they?   Two  spaces,\ttabs\nand lines.\n\n",
    "aaaa aaa aa a aaaaa bbb abab ababab",
    "Straße naïve café Ünïcödé Köln, São Paulo",
    "日本語の文 日本語 東京都と京都",
    "emoji 😀😀 👩‍👩‍👧 🏀🏀🏀 and 😀",
    "don't DON'T can't we've you'll I'd he'd they'll",
    "low lower lowest new newer newest wide wider widest low low lower newest newest",
]
asked = texts + ["", " ", "a", "unseen Wörter: ☃ xyz!", "   leading", "trailing   ", "the\u00a0newest🏀"]
runs = []
for size, least in [(300, 2), (340, 1), (420, 2)]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=least, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    file = json.loads(tokenizer.to_str())
    vocab = file["model"]["vocab"]
    runs.append(dict(
        size=size, minCount=least, pieces=sorted(vocab, key=vocab.get), merges=file["model"]["merges"],
        codes=[tokenizer.encode(text).ids for text in asked], decoded=[tokenizer.decode(tokenizer.encode(t).ids) for t in asked],
    ))
out = dict(tokenizers=tokenizers.__version__, texts=texts, asked=asked, runs=runs)
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, ensure_ascii=False) + "\n")
