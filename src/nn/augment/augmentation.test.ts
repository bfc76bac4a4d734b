import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import * as nn from "../index.ts";
import { blend, cut, drawBeta } from "./mix.ts";

const image = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 53) % 256);
const recipe = [
  nn.augment.flip(),
  nn.augment.randomCrop({ padding: 2 }),
  nn.augment.rotate({ degrees: 20 }),
  nn.augment.zoom(),
  nn.augment.colourJitter(),
  nn.augment.randomErasing(),
];

describe("augmentation", () => {
  test("it follows from seed, epoch and row, in any order, and differs between them", () => {
    const steps = nn.augmentation(recipe);
    const at = (seed: number, epoch: number, row: number) =>
      steps.apply(image, [8, 8, 3], nn.rowRandom(seed, epoch, row)).data.join();
    const places = [0, 1].flatMap((seed) =>
      [0, 1].flatMap((epoch) => [0, 1, 2].map((row) => [seed, epoch, row] as const)),
    );
    const forwards = places.map((place) => at(...place));
    const backwards = places
      .toReversed()
      .map((place) => at(...place))
      .toReversed();
    expect(backwards).toEqual(forwards);
    expect(new Set(forwards).size).toBe(places.length);
  });

  test("what it is given is never written to, even where nothing changes", () => {
    const before = image.slice();
    const changed = nn.augmentation(recipe).apply(image, [8, 8, 3], createRandom(1));
    expect(image).toEqual(before);
    expect(changed.data.buffer).not.toBe(image.buffer);
    const same = nn.augmentation([]).apply(image, [8, 8, 3], createRandom(1));
    expect(same.data).toEqual(image);
    expect(same.data.buffer).not.toBe(image.buffer);
  });

  test("a recipe goes through JSON, with its defaults written out", () => {
    const steps = nn.augmentation(recipe);
    const stored = JSON.stringify(steps.steps);
    const again = nn.augmentation(JSON.parse(stored) as nn.Step[]);
    expect(JSON.stringify(again.steps)).toBe(stored);
    expect(again.apply(image, [8, 8, 3], createRandom(5))).toEqual(
      steps.apply(image, [8, 8, 3], createRandom(5)),
    );
    expect(steps.steps[1]).toEqual({ kind: "randomCrop", padding: 2, height: 0, width: 0, fill: 0 });
    // What a person wrote by hand may leave the defaults out.
    expect(nn.augmentation([{ kind: "randomCrop", padding: 2 }]).steps).toEqual([steps.steps[1]]);
  });

  test("a step's random numbers do not depend on how many the one before draws", () => {
    const flat = new Float32Array(100).fill(0.5);
    const after = (first: nn.Step) =>
      nn.augmentation([first, nn.augment.gain()]).apply(flat, [100], createRandom(3)).data[99];
    expect(after(nn.augment.addNoise({ probability: 0 }))).toBe(after(nn.augment.shiftTime({ share: 0 })));
  });

  test("every kind of step runs on a small sample of its medium, and gives finite numbers", () => {
    const steps: readonly (readonly [nn.Step, nn.SampleData, number[]])[] = [
      ...recipe.map((step) => [step, Uint8Array.of(9), [1, 1, 1]] as const),
      [nn.augment.randomResizedCrop(), Uint8Array.of(9), [1, 1, 1]],
      ...[
        nn.augment.shiftTime(),
        nn.augment.gain(),
        nn.augment.addNoise(),
        nn.augment.changeSpeed(),
        nn.augment.changePitch(),
      ].map((step) => [step, Float32Array.of(0.5), [1]] as const),
      ...[nn.augment.maskTime(), nn.augment.maskFrequency()].map(
        (step) => [step, Float32Array.of(0.5), [1, 1]] as const,
      ),
      [nn.augment.dropTokens(), Int32Array.of(7), [1]],
    ].map(([step, data, shape]) => [step as nn.Step, data as nn.SampleData, [...(shape as number[])]]);
    for (const [step, data, shape] of steps) {
      for (let seed = 0; seed < 10; seed++) {
        const got = nn.augmentation([step]).apply(data, shape, createRandom(seed));
        expect(got.data.every(Number.isFinite), step.kind).toBe(true);
        expect(got.data.constructor).toBe(data.constructor);
      }
    }
  });

  const wrong: readonly [string, () => unknown, string, string][] = [
    [
      "an unknown kind",
      () => nn.augmentation([{ kind: "flipp" }]),
      "PARAMETER_UNKNOWN",
      'the nearest name is "flip"',
    ],
    [
      "no kind at all",
      () => nn.augmentation([{} as nn.Step]),
      "PARAMETER_UNKNOWN",
      "no step of augmentation",
    ],
    ["an unknown parameter", () => nn.augmentation([{ kind: "flip", up: 1 }]), "PARAMETER_UNKNOWN", '"up"'],
    ["a share above 1", () => nn.augment.flip({ horizontal: 2 }), "PARAMETER_RANGE", "flip.horizontal is 2"],
    ["no number", () => nn.augment.zoom({ min: Number.NaN }), "PARAMETER_RANGE", "zoom.min"],
    ["a range upside down", () => nn.augment.zoom({ min: 2, max: 1 }), "PARAMETER_CONFLICT", "zoom.min is 2"],
    [
      "a stored range upside down",
      () => nn.augmentation([{ kind: "changeSpeed", min: 2, max: 1 }]),
      "PARAMETER_CONFLICT",
      "changeSpeed.min is 2",
    ],
    [
      "two media",
      () => nn.augmentation([nn.augment.flip(), nn.augment.gain()]),
      "PARAMETER_CONFLICT",
      "image, and gain on sound",
    ],
    [
      "another shape",
      () => nn.augmentation([nn.augment.flip()]).apply(image, [8, 8], createRandom(1)),
      "SHAPE_MISMATCH",
      "[height, width, channels], and was given 192 values in the shape [8, 8]",
    ],
    [
      "too few values",
      () => nn.augmentation([nn.augment.flip()]).apply(image, [9, 8, 3], createRandom(1)),
      "SHAPE_MISMATCH",
      "[9, 8, 3]",
    ],
    [
      "no pixels",
      () => nn.augmentation([nn.augment.flip()]).apply(new Uint8Array(0), [0, 0, 3], createRandom(1)),
      "SHAPE_MISMATCH",
      "0 values",
    ],
    [
      "another type",
      () => nn.augmentation([nn.augment.gain()]).apply(image, [192], createRandom(1)),
      "DTYPE_MISMATCH",
      "a Float32Array, and was given a Uint8Array",
    ],
    [
      "a plain array",
      () =>
        nn.augmentation([nn.augment.gain()]).apply([1, 2] as unknown as Float32Array, [2], createRandom(1)),
      "DTYPE_MISMATCH",
      "was given a Array",
    ],
  ];
  test.each(wrong)("%s is refused", (_, act, code, words) => {
    expect(act).toThrow(words);
    expect(act).toThrow(`[${code}]`);
  });
});

describe("in a loader", () => {
  const rows = {
    dtype: "float32" as const,
    shape: [4, 4, 1],
    data: Float32Array.from({ length: 5 * 16 }, (_, i) => i / 80),
  };
  const target = {
    dtype: "float32" as const,
    shape: [2],
    data: Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1, 1, 0),
  };
  const batchOf = (epoch: number, options: Partial<nn.ArrayLoaderOptions>) => [
    ...(nn
      .arrayLoader({ x: rows }, target, { batchSize: 4, seed: 3, ...options })
      .batches(epoch) as Iterable<nn.Batch>),
  ];

  test("rows are changed in place, in an epoch of their own", () => {
    const change = nn.inPlace(nn.augmentation([nn.augment.randomCrop({ padding: 1 })]), [4, 4, 1]);
    const plain = batchOf(0, {});
    const changed = batchOf(0, { augment: { x: change } });
    expect(changed.map((batch) => [...batch.rows])).toEqual(plain.map((batch) => [...batch.rows]));
    expect(changed[0]!.inputs["x"]!.data).not.toEqual(plain[0]!.inputs["x"]!.data);
    expect(batchOf(0, { augment: { x: change } })).toEqual(changed);
    const larger = nn.inPlace(
      nn.augmentation([nn.augment.randomCrop({ padding: 0, height: 2, width: 2 })]),
      [4, 4, 1],
    );
    expect(() => batchOf(0, { augment: { x: larger } })).toThrow("made [2, 2, 1] of [4, 4, 1]");
  });

  describe("threads", () => {
    const pictures = {
      ...{ dtype: "uint8" as const, shape: [8, 8, 3] },
      data: Uint8Array.from({ length: 21 * 192 }, (_, i) => (i * 7919) % 251),
    };
    const sounds = {
      ...{ dtype: "float32" as const, shape: [64] },
      data: Float32Array.from({ length: 21 * 64 }, (_, i) => Math.sin(i)),
    };
    const shares = {
      ...{ dtype: "float32" as const, shape: [2] },
      data: Float32Array.from({ length: 42 }, (_, i) => i % 2),
    };
    const augment = {
      image: nn.inPlace(nn.augmentation(recipe), [8, 8, 3]),
      sound: nn.inPlace(nn.augmentation([nn.augment.addNoise(), nn.augment.gain()]), [64]),
    };
    const options = { batchSize: 4, seed: 3, augment };
    const inputs = { image: pictures, sound: sounds, plain: sounds };
    const all = async (loader: nn.Loader, epoch: number, from = 0): Promise<nn.Batch[]> => {
      const batches: nn.Batch[] = [];
      for await (const batch of loader.batches(epoch, from)) batches.push(batch);
      return batches;
    };
    const part: nn.RowsRead = {
      inputs: {
        image: { ...pictures, shape: [21, 8, 8, 3] },
        sound: { ...sounds, shape: [21, 64] },
        plain: { ...sounds, shape: [21, 64] },
      },
      target: { ...shares, shape: [21, 2] },
    };
    const loaders: readonly [
      string,
      (given: Partial<nn.ArrayLoaderOptions & nn.StreamLoaderOptions>) => Promise<nn.OpenLoader>,
    ][] = [
      ["arrayLoader", async (given) => nn.arrayLoader(inputs, shares, { ...options, ...given })],
      ["streamLoader", (given) => nn.streamLoader([part], { ...options, ...given })],
    ];

    test.each(loaders)(
      "%s: none, one and two give the same bits, mixed or not, from any batch on",
      async (_, make) => {
        const mixed = { mix: nn.mixing(nn.mixup({ alpha: 1 }), "sound") };
        for (const [threads, given] of [
          [1, {}],
          [2, mixed],
        ] as const) {
          const here = await make(given);
          const there = await make({ ...given, threads, ahead: 3 * (threads - 1) });
          expect(there.description).toEqual(here.description);
          const epochs = [await all(here, 0), await all(here, 1)] as const;
          expect(epochs[0]).not.toEqual(epochs[1]);
          for (const epoch of [0, 1] as const) expect(await all(there, epoch)).toEqual(epochs[epoch]);
          expect(await all(there, 1, 2)).toEqual(epochs[1].slice(2));
          await Promise.all([here.close(), there.close()]);
        }
      },
    );

    test("the rows that fill a batch up, and inputs without a recipe, stay as they are; what is given too", async () => {
      const before = [pictures.data.slice(), sounds.data.slice()];
      const loader = nn.arrayLoader(inputs, shares, { ...options, threads: 1 });
      const last = (await all(loader, 0)).at(-1)!;
      expect(last.rows).toHaveLength(1);
      const image = last.inputs["image"]!.data as Uint8Array;
      const row = last.rows[0]!;
      expect(image.subarray(0, 192)).not.toEqual(pictures.data.subarray(192 * row, 192 * (row + 1)));
      expect(image.subarray(192, 384)).toEqual(pictures.data.subarray(192 * row, 192 * (row + 1)));
      expect((last.inputs["plain"]!.data as Float32Array).subarray(0, 64)).toEqual(
        sounds.data.subarray(64 * row, 64 * (row + 1)),
      );
      expect([pictures.data, sounds.data]).toEqual(before);
      await loader.close();
    });

    test("a training ended by its signal leaves no thread behind once it is closed, and the loader goes on after it", async () => {
      const ports = (): number =>
        process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort").length;
      const before = ports();
      const controller = new AbortController();
      const train = nn.arrayLoader({ x: sounds }, shares, {
        ...{ batchSize: 2, seed: 3, augment: { x: augment.sound }, threads: 2 },
      });
      const net = nn.network({ dtype: "float32", shape: [64] }, nn.dense(2));
      let steps = 0;
      const { reason } = await nn.fit(
        net,
        nn.initialise(net, { seed: 1 }),
        {
          ...{ train, epochs: 5, seed: 1, signal: controller.signal },
          ...{ loss: nn.meanSquaredError(), optimiser: nn.sgd({ learningRate: 0.01 }) },
        },
        (event) => {
          if (event.type === "step" && ++steps === 3) controller.abort();
        },
      );
      expect([reason, steps]).toEqual(["aborted", 3]);
      await train.close();
      expect(ports()).toBeLessThanOrEqual(before);
      expect(await all(train, 0)).toHaveLength(11);
      await train.close();
    });

    test("a process that forgets to close ends all the same", () => {
      const main = `
        const files = ["augmentation.ts", "steps.ts", "../training/array-loader.ts"];
        const base = ${JSON.stringify(import.meta.url)};
        const [{ augmentation, inPlace }, { addNoise }, { arrayLoader }] = await Promise.all(
          files.map((file) => import(new URL(file, base).href)),
        );
        const x = { dtype: "float32", shape: [8], data: new Float32Array(64) };
        const change = inPlace(augmentation([addNoise()]), [8]);
        const options = { batchSize: 2, seed: 1, augment: { x: change }, threads: 2 };
        let count = 0;
        for await (const batch of arrayLoader({ x }, x, options).batches(0)) count += batch.rows.length;
        console.log(count);`;
      const node = ["--import", "tsx", "--input-type=module", "-e", main];
      const { stdout, status } = spawnSync(process.execPath, node, { encoding: "utf8", timeout: 60_000 });
      expect([stdout.trim(), status]).toEqual(["8", 0]);
    });

    test("what goes wrong in a thread is the error that it is without", async () => {
      const smaller = nn.augmentation([nn.augment.randomCrop({ padding: 0, height: 2, width: 2 })]);
      const given = { ...options, augment: { image: nn.inPlace(smaller, [8, 8, 3]) } };
      const says = "made [2, 2, 3] of [8, 8, 3], and rows of one size are needed";
      expect(() => [...(nn.arrayLoader(inputs, shares, given).batches(0) as Iterable<nn.Batch>)]).toThrow(
        says,
      );
      const loader = nn.arrayLoader(inputs, shares, { ...given, threads: 1 });
      await expect(all(loader, 0)).rejects.toThrow(says);
      await loader.close();
      // Rows of another size than the recipe's are found out in both.
      const wide = { ...options, augment: { image: nn.inPlace(nn.augmentation(recipe), [8, 16, 3]) } };
      const there = nn.arrayLoader(inputs, shares, { ...wide, threads: 1 });
      await expect(all(there, 0)).rejects.toThrow("192 values in the shape [8, 16, 3]");
      await there.close();
    });

    test("a function of one's own, an input that is not there and no seed are refused", async () => {
      const own = { image: () => undefined };
      expect(() => nn.arrayLoader(inputs, shares, { ...options, augment: own, threads: 1 })).toThrow(
        /"image" by a function.*PARAMETER_CONFLICT/,
      );
      expect(nn.arrayLoader(inputs, shares, { ...options, augment: own }).batchCount).toBe(6);
      for (const [, make] of loaders) {
        await expect(make({ augment: { images: augment.image } })).rejects.toThrow(
          /augments "images".*the nearest is "image".*PARAMETER_UNKNOWN/,
        );
        await expect(make({ threads: -1 })).rejects.toThrow(/threads: -1.*PARAMETER_RANGE/);
      }
      await expect(nn.streamLoader([part], { batchSize: 4, augment })).rejects.toThrow(
        /no seed.*PARAMETER_CONFLICT/,
      );
    });
  });

  test("mixing leaves the rows that fill a batch up as they are", () => {
    const plain = batchOf(0, {});
    const mixed = batchOf(0, { mix: nn.mixing(nn.mixup({ alpha: 1 })) });
    expect(mixed[0]!.inputs["x"]!.data).not.toEqual(plain[0]!.inputs["x"]!.data);
    // The last batch has one row, whose only partner is itself.
    expect(mixed[1]!.inputs["x"]!.data).toEqual(plain[1]!.inputs["x"]!.data);
    expect(mixed[1]!.target).toEqual(plain[1]!.target);
    expect(mixed[0]!.weight).toEqual(plain[0]!.weight);
  });

  test("a batch is mixed among its rows of weight above 0", () => {
    const weights = Float32Array.of(1, 0, 1, 0, 0);
    const [plain, mixed] = [{}, { mix: nn.mixing(nn.mixup({ alpha: 1 })) }].map((options) =>
      batchOf(0, { batchSize: 5, weights, ...options }),
    );
    const [before, after] = [plain![0]!.inputs["x"]!.data, mixed![0]!.inputs["x"]!.data];
    plain![0]!.rows.forEach((row, i) => {
      const same = expect(after.slice(i * 16, (i + 1) * 16));
      if (weights[row] === 0) same.toEqual(before.slice(i * 16, (i + 1) * 16));
      else same.not.toEqual(before.slice(i * 16, (i + 1) * 16));
    });
  });

  test("an input that is not told, and codes as targets, are refused", () => {
    expect(() => batchOf(0, { mix: nn.mixing(nn.mixup(), "y") })).toThrow("[PARAMETER_MISSING]");
    const codes = { dtype: "int64" as const, shape: [], data: BigInt64Array.of(0n, 1n, 0n, 1n, 0n) };
    const loader = nn.arrayLoader({ x: rows }, codes, { batchSize: 5, seed: 1, mix: nn.mixing(nn.mixup()) });
    expect(() => [...(loader.batches(0) as Iterable<nn.Batch>)]).toThrow("[DTYPE_MISMATCH]");
  });
});

describe("changeSamples", () => {
  const samples = Array.from({ length: 70 }, (_, i) => ({
    data: Float32Array.from({ length: 40 + i }, (_x, j) => Math.sin(i + j)),
    shape: [40 + i],
  }));
  const change = nn.augmentation([
    nn.augment.changeSpeed({ min: 0.8, max: 1.2, keepLength: false }),
    nn.augment.addNoise(),
  ]);

  test("none, one and three threads give what each sample alone gives, of any length", async () => {
    const random = createRandom(4).child("copies");
    const expected = samples.map(({ data, shape }, i) => change.apply(data, shape, random.child(i)));
    expect(
      new Set(expected.map(({ data }, i) => data.length - samples[i]!.data.length)).size,
    ).toBeGreaterThan(5);
    for (const threads of [0, 1, 3])
      expect(await nn.changeSamples(change, samples, random, { threads })).toEqual(expected);
    expect(await nn.changeSamples(change, [], random, { threads: 2 })).toEqual([]);
  });

  test.each([0, 1])(
    "with %i threads a signal ends it, and a sample that does not fit is told",
    async (threads) => {
      const given = { threads, signal: AbortSignal.abort() };
      await expect(nn.changeSamples(change, samples, createRandom(1), given)).rejects.toThrow(
        /stopped after 0 of 70.*CANCELLED/,
      );
      const odd = [...samples, { data: new Float32Array(3), shape: [4] }];
      await expect(nn.changeSamples(change, odd, createRandom(1), { threads })).rejects.toThrow(
        /3 values in the shape \[4\].*SHAPE_MISMATCH/,
      );
    },
  );

  test("a generator can be begun again elsewhere from its seed", () => {
    const random = createRandom(2 ** 40 + 7)
      .child("a")
      .child(3);
    expect(createRandom(random.seed).child("b").next()).toBe(random.child("b").next());
    expect(createRandom(random.seed).next()).toBe(random.next());
  });
});

describe("mixup and cutmix", () => {
  const [rows, size] = [6, 5 * 4 * 2];
  const shape = [rows, 5, 4, 2];
  /** Each row's values are its number. */
  const data = Float32Array.from({ length: rows * size }, (_, i) => Math.floor(i / size));
  const targets = Float32Array.from({ length: rows * rows }, (_, i) =>
    Math.floor(i / rows) === i % rows ? 1 : 0,
  );

  test.each([nn.mixup({ alpha: 1 }), nn.cutmix({ layout: "channelsLast" })])(
    "$kind: a row's mean is that of its targets, and shares add up to one",
    (mix) => {
      let mixedRows = 0;
      for (let seed = 0; seed < 20; seed++) {
        const mixed = nn.mixRows({ data, shape, targets }, mix, createRandom(seed));
        expect(mixed.shape).toEqual(shape);
        for (let row = 0; row < rows; row++) {
          const shares = Array.from(mixed.targets.subarray(row * rows, (row + 1) * rows));
          expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
          const values = Array.from(mixed.data.subarray(row * size, (row + 1) * size));
          const mean = values.reduce((a, b) => a + b, 0) / size;
          expect(mean).toBeCloseTo(
            shares.reduce((sum, share, at) => sum + share * at, 0),
            5,
          );
          if (shares.filter((share) => share > 0).length === 2) mixedRows++;
          if (mix.kind === "cutmix") for (const value of values) expect(Number.isInteger(value)).toBe(true);
          else expect(new Set(values.map((value) => value.toFixed(4))).size).toBe(1);
        }
      }
      expect(mixedRows).toBeGreaterThan(60);
    },
  );

  test.each([nn.mixup({ alpha: 1 }), nn.cutmix({ layout: "channelsLast" })])(
    "$kind: rows of weight 0 stay as they are, and nothing of them is in the others",
    (mix) => {
      for (const weight of [
        Float32Array.of(1, 0, 2, 0, 0.5, 1),
        Float32Array.of(0, 1, 0, 0, 1, 0, 0, 0, 0, 2, 1, 1),
      ]) {
        const each = weight.length / rows;
        const counts = (row: number): boolean =>
          weight[row * each]! > 0 || weight[row * each + each - 1]! > 0;
        for (let seed = 0; seed < 20; seed++) {
          const mixed = nn.mixRows({ data, shape, targets, weight }, mix, createRandom(seed));
          for (let row = 0; row < rows; row++) {
            const shares = mixed.targets.subarray(row * rows, (row + 1) * rows);
            const values = mixed.data.subarray(row * size, (row + 1) * size);
            if (!counts(row)) {
              expect([shares[row], ...values]).toEqual([1, ...new Array<number>(size).fill(row)]);
              continue;
            }
            shares.forEach((share, other) => counts(other) || expect(share).toBe(0));
          }
        }
      }
      expect(
        nn.mixRows({ data, shape, targets, weight: new Float32Array(rows) }, mix, createRandom(1)).data,
      ).toEqual(data);
    },
  );

  test("the same random numbers mix the same; what is given stays", () => {
    const before = [data.slice(), targets.slice()];
    const once = nn.mixRows({ data, shape, targets }, nn.mixup({ alpha: 1 }), createRandom(2));
    expect(nn.mixRows({ data, shape, targets }, nn.mixup({ alpha: 1 }), createRandom(2))).toEqual(once);
    expect([data, targets]).toEqual(before);
  });

  test("a share of 1 is the first, of 0 the second; both layouts cut the same rectangle", () => {
    expect([...nine(1, (a, b) => blend(a, b, 1))]).toEqual(new Array(9).fill(1));
    expect([...nine(1, (a, b) => blend(a, b, 0))]).toEqual(new Array(9).fill(2));
    const [height, width, channels] = [6, 7, 3];
    const length = height * width * channels;
    const last = new Float32Array(length);
    const first = new Float32Array(length);
    const other = new Float32Array(length).fill(1);
    for (let seed = 0; seed < 20; seed++) {
      const shares = [
        cut(last.fill(0), other, [height, width, channels], "channelsLast", 0.5, createRandom(seed)),
        cut(first.fill(0), other, [channels, height, width], "channelsFirst", 0.5, createRandom(seed)),
      ];
      expect(shares[0]).toBe(shares[1]);
      for (let c = 0; c < channels; c++) {
        expect([...last].filter((_, i) => i % channels === c)).toEqual([
          ...first.subarray(c * height * width, (c + 1) * height * width),
        ]);
      }
      expect(last.reduce((a, b) => a + b, 0) / length).toBeCloseTo(1 - shares[0]!, 6);
    }
  });

  test.each([0.01, 0.2, 1, 8])(
    "shares for alpha %f have the mean and the variance of their distribution",
    (alpha) => {
      const random = createRandom(4);
      const draws = Array.from({ length: 4000 }, () => drawBeta(alpha, random));
      const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
      const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
      const expected = 1 / (4 * (2 * alpha + 1));
      expect(draws.every((draw) => draw >= 0 && draw <= 1)).toBe(true);
      expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(expected / draws.length));
      expect(Math.abs(variance / expected - 1)).toBeLessThan(0.12);
    },
  );

  test.each([
    [
      "targets that do not fit",
      () => nn.mixRows({ data, shape, targets: targets.subarray(1) }, nn.mixup(), createRandom(1)),
      "SHAPE_MISMATCH",
    ],
    [
      "no rows",
      () =>
        nn.mixRows(
          { data: new Float32Array(0), shape: [0, 2], targets: new Float32Array(0) },
          nn.mixup(),
          createRandom(1),
        ),
      "SHAPE_MISMATCH",
    ],
    [
      "rows that are no images",
      () => nn.mixRows({ data, shape: [rows, size], targets }, nn.cutmix(), createRandom(1)),
      "SHAPE_MISMATCH",
    ],
    [
      "weights of other rows",
      () =>
        nn.mixRows({ data, shape, targets, weight: new Float32Array(rows + 1) }, nn.mixup(), createRandom(1)),
      "SHAPE_MISMATCH",
    ],
    ["alpha 0", () => nn.mixup({ alpha: 0 }), "PARAMETER_RANGE"],
    ["another kind", () => nn.mixing({ kind: "cutup" } as unknown as nn.Mix), "PARAMETER_UNKNOWN"],
    ["a stored parameter that is wrong", () => nn.mixing({ kind: "mixup", alpha: -1 }), "PARAMETER_RANGE"],
  ])("%s: refused", (_, act, code) => {
    expect(act).toThrow(`[${code}]`);
  });
});

/** Nine values of `a`, worked on with nine of a + 1. */
function nine(a: number, work: (mine: Float32Array, other: Float32Array) => unknown): Float32Array {
  const mine = new Float32Array(9).fill(a);
  work(mine, new Float32Array(9).fill(a + 1));
  return mine;
}
