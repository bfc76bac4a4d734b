/** `millwright demo dl`: the work of a deep-learning engineer on small pictures, narrated. */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { prepareFolder, writeWhole } from "../../data/index.ts";
import { requireOurResults } from "../../pipeline/index.ts";
import {
  type FirstChecks,
  firstChecks,
  type ImageRecord,
  saveRun,
  shapeFiles,
  shapeNames,
  shapeSide,
  trainImages,
} from "../../tasks/index.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { dim, figure, findingLine, interval, table } from "../terminal.ts";
import { answersOf } from "./answers.ts";
import type { DemoFlags } from "./ml.ts";
import { narrator, type Step } from "./narrate.ts";

const perShape = 150;
const net = "small-cnn";
const epochs = 15;
/** Epochs that are shown of a training. */
const shown = 6;

export async function demoPictures(flags: DemoFlags): Promise<void> {
  const { out, seed, json = false } = flags;
  const folder = prepareFolder(out);
  requireOurResults(folder, ["pictures.txt", "model.onnx", "report.html", "run.json"]);
  const source = join(folder, "pictures");
  const fresh = join(folder, "new-pictures");
  writePictures(folder, seed);
  const tell = narrator(json);
  tell({
    title: "The question",
    decision:
      "First an engineer looks at pictures and asks what tells the classes apart: here it is a shape, and neither its place nor its size nor its colour, so averages of pixels will not do.",
    seen: [`drew ${source}: ${perShape} pictures each of ${shapeNames.join(", ")}, and one broken file`],
  });
  await runAndSave(
    flags,
    async (context: RunContext) => {
      const shared = { source, net, size: shapeSide, seed, threads: 1, ...context } as const;
      if (!json) tellChecks(await firstChecks(shared), tell);
      return await trainImages({ ...shared, epochs });
    },
    saveRun,
    (record, model) => tellRun(record, model, out, tell),
  );
  if (json) return;
  const answers = join(folder, "answers.csv");
  tell({
    title: "In use",
    decision:
      "The application gives the file pictures of its own size, because scaling and normalising are inside it.",
    seen: [
      `${dim("$")} npx millwright predict ${join(out, "model.onnx")} ${fresh} -o ${answers}`,
      ...(await answersOf(join(folder, "model.onnx"), fresh, answers)),
    ],
  });
}

/** Class folders to learn from, one picture of each shape for later, and a note that says whose they are. */
function writePictures(folder: string, seed: number): void {
  const files: Record<string, Uint8Array | string> = {};
  for (const [name, bytes] of Object.entries(shapeFiles(perShape, seed)))
    files[join(folder, "pictures", name)] = bytes;
  files[join(folder, "pictures", shapeNames[0]!, "broken.png")] = "this is no picture\n";
  for (const [name, bytes] of Object.entries(shapeFiles(1, seed + 1)))
    files[join(folder, "new-pictures", `${dirname(name)}.png`)] = bytes;
  files[join(folder, "pictures.txt")] =
    `Pictures drawn by millwright demo dl, which replaces them when it runs again.\n`;
  for (const path of Object.keys(files)) mkdirSync(dirname(path), { recursive: true });
  writeWhole(files);
}

function tellChecks({ byHeart, rate }: FirstChecks, tell: (step: Step) => void): void {
  tell({
    title: "Can it learn at all?",
    decision:
      "Before a long training the network must learn a few pictures by heart: if it cannot, something is wrong in the data, the labels or the network, and more epochs would not help.",
    seen: [
      `${net} on ${byHeart.pictures} pictures: loss ${figure(byHeart.from)} at the start, ${figure(byHeart.to)} after ${byHeart.steps} steps`,
    ],
  });
  tell({
    title: "How fast may it learn?",
    decision:
      "Too small a learning rate wastes time and too large a one runs away, so a short trial raises it step by step and watches the loss.",
    seen: [
      `the loss falls fastest at ${figure(rate.learningRate)}, found in ${rate.curve.length} steps; a training that is to end well stays below it`,
    ],
  });
}

function tellRun(record: ImageRecord, model: string, out: string, tell: (step: Step) => void): void {
  const { data, network, leaderboard, test, versus, task } = record;
  tell({
    title: "The pictures",
    decision:
      "One broken file must not end the work, and must not vanish either: it is named, and the others are split into parts that learn, that choose the epoch, and that nothing looks at.",
    seen: [
      ...record.findings.map(findingLine),
      `${data.trainRows} pictures to learn, ${data.validationRows} to choose the epoch and the model, ${data.testRows} untouched`,
    ],
  });
  const history = network.history.filter(
    ({ epoch }) =>
      epoch === network.bestEpoch || (epoch - 1) % Math.ceil(network.history.length / shown) === 0,
  );
  tell({
    title: "The training",
    decision:
      "Each epoch shows the pictures flipped, moved and lit differently, since more views cost nothing; the loss of pictures that are not learnt from tells when to stop.",
    seen: table(
      [
        ["epoch", "loss", "validation loss", "accuracy", ""],
        ...history.map((each) => [
          `${each.epoch}`,
          figure(each.loss),
          figure(each.validationLoss ?? NaN),
          figure(each.validationMetric ?? NaN),
          each.epoch === network.bestEpoch ? "kept" : "",
        ]),
      ],
      [true, true, true, true],
    ),
  });
  tell({
    title: "Is a network needed?",
    decision:
      "A network earns its cost only against something simple on the same pictures, so a random forest runs beside it.",
    seen: [
      ...table(
        leaderboard.map(({ name, score, family, seconds }) => [
          name,
          figure(score),
          family === "baseline" ? "" : `${seconds}s`,
        ]),
        [false, true, true],
      ),
      versus.sentence,
    ],
  });
  const [first] = test.metrics;
  const worst = worstConfusion(record);
  tell({
    title: "The verdict",
    decision:
      "The untouched pictures are asked once, and the mistakes are looked at one by one, because they say what to collect next.",
    seen: [
      `${first!.title} ${figure(first!.value)} (${interval(first!.low, first!.high)}) on ${test.rows} pictures; doing nothing ${figure(first!.baseline)}`,
      worst === undefined
        ? "no mistake"
        : `most often a ${task.classes[worst.actual]!.label} is taken for a ${task.classes[worst.predicted]!.label}: ${worst.count} times`,
    ],
  });
  tell({
    title: "The file",
    decision: "Preparation and network are shipped as one file, which says itself what it takes.",
    seen: [
      `${model}, ${(record.model.bytes / 1e6).toFixed(2)} MB, ${network.parameterCount} parameters`,
      `${join(out, "report.html")} shows the learning curve and the pictures that are most wrong`,
      `${dim("this run again, same file:")} ${record.reproduce}`,
    ],
  });
}

function worstConfusion({
  confusion,
  task,
}: ImageRecord): { actual: number; predicted: number; count: number } | undefined {
  const size = task.classes.length;
  let worst: { actual: number; predicted: number; count: number } | undefined;
  confusion.forEach((count, i) => {
    const [actual, predicted] = [Math.floor(i / size), i % size];
    if (actual !== predicted && count > (worst?.count ?? 0)) worst = { actual, predicted, count };
  });
  return worst;
}
