import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import {
  binaryData,
  multiclassData,
  oddColumns,
  regressionData,
  wordsData,
} from "../../test/fixtures/report-data.ts";
import { createRandom } from "../core/index.ts";
import { renderReport } from "./render-report.ts";
import type { ReportData } from "./report-data.ts";

const many = Array.from({ length: 200 }, (_, i) => `a_feature_with_quite_a_long_name_${i}`);
const classes = Array.from({ length: 40 }, (_, i) => `species ${i} of the genus <i>Quercus</i>`);

const cases: Record<string, ReportData> = {
  binary: binaryData(),
  "binary with costs": binaryData({ costs: true }),
  "binary, odd names": binaryData({
    columns: oddColumns,
    classes: ["<b>no</b>", `y"es' & no`],
    target: "</title><script>alert(1)</script>",
  }),
  multiclass: multiclassData(),
  "three classes": multiclassData({ classes: ["a", "b", "c"] }),
  "40 classes, 200 columns": multiclassData({ classes, columns: many }),
  regression: regressionData(),
  texts: { ...binaryData(), words: wordsData(["yes"]) },
  "texts of odd columns": {
    ...multiclassData({ classes: oddColumns }),
    words: { ...wordsData(oddColumns, oddColumns), characters: true },
  },
  "texts that tell a number": { ...regressionData(), words: wordsData([undefined]) },
  "regression, one column": regressionData({ columns: ["x"] }),
};

const voids = new Set(["meta", "input", "br", "link", "img", "hr"]);

/** Tags in order; throws where they do not nest. Text between them is returned too. */
function parse(page: string): { tags: { name: string; attributes: Map<string, string> }[]; text: string } {
  const open: string[] = [];
  const tags: { name: string; attributes: Map<string, string> }[] = [];
  let text = "";
  let at = page.indexOf("<html");
  while (at < page.length) {
    const next = page.indexOf("<", at);
    if (next < 0) break;
    text += page.slice(at, next);
    const match = /^<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*(\/?)>/.exec(
      page.slice(next, next + 20_000),
    );
    if (match === null) throw new Error(`bad tag at ${next}: ${page.slice(next, next + 80)}`);
    const [whole, closing, name, rest, selfClosed] = match;
    at = next + whole.length;
    if (closing === "/") {
      const expected = open.pop();
      if (expected !== name) throw new Error(`</${name}> closes <${expected}> at ${next}`);
      continue;
    }
    const attributes = new Map<string, string>();
    for (const [, key, value] of rest!.matchAll(/\s([\w:-]+)(?:="([^"]*)")?/g)) {
      if (attributes.has(key!)) throw new Error(`<${name}> has ${key} twice`);
      attributes.set(key!, value ?? "");
    }
    tags.push({ name: name!, attributes });
    if (name === "style") at = page.indexOf("</style>", at);
    if (selfClosed !== "/" && !voids.has(name!)) open.push(name!);
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(", ")}`);
  return { tags, text };
}

/** Every attribute's value, a line each. */
function attributeText(tags: ReturnType<typeof parse>["tags"]): string {
  return tags.flatMap((tag) => [...tag.attributes.values()]).join("\n");
}

describe.each(Object.entries(cases))("%s", (_, data) => {
  let page = "";
  beforeAll(async () => {
    page = await renderReport(data);
  });

  test("is one document whose tags nest, of at most 2 MB", () => {
    expect(page).toMatch(/^<!DOCTYPE html>\n<html lang="en">/);
    expect(() => parse(page)).not.toThrow();
    expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
  });

  test("asks nothing of a network and runs nothing", () => {
    const { tags } = parse(page);
    const names = new Set(tags.map((tag) => tag.name));
    for (const name of [
      "script",
      "link",
      "img",
      "iframe",
      "object",
      "embed",
      "base",
      "use",
      "image",
      "foreignObject",
    ]) {
      expect(names).not.toContain(name);
    }
    const attributes = tags.flatMap((tag) => [...tag.attributes]);
    expect(attributes.map(([key]) => key).filter((key) => /^on|^style$|^src$|^xlink/.test(key))).toEqual([]);
    expect(attributes.filter(([key, value]) => key === "href" && !value.startsWith("#"))).toEqual([]);
    expect(/<style>([\s\S]*?)<\/style>/.exec(page)![1]).not.toMatch(/url\(|@import|expression/);
    expect(page).not.toMatch(/https?:\/\/(?!example)/);
  });

  test("its content policy names its own style sheet and nothing else", () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)![1]!;
    const hash = createHash("sha256").update(style).digest("base64");
    expect(page).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
    );
  });

  test("ids are unique, and every link and reference leads to one", () => {
    const { tags } = parse(page);
    const ids = tags.flatMap((tag) => tag.attributes.get("id") ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { attributes } of tags) {
      for (const key of ["href", "aria-labelledby"]) {
        const target = attributes.get(key)?.replace("#", "");
        if (target !== undefined) expect(ids).toContain(target);
      }
    }
    for (const [, id] of page.matchAll(/url\(#([^)]*)\)/g)) expect(ids).toContain(id);
  });

  test("every picture has a heading, an alternative text and a sentence with a number in it", () => {
    const figures = page.match(/<figure[\s\S]*?<\/figure>/g)!;
    expect(figures.length).toBeGreaterThanOrEqual(5);
    for (const figure of figures) {
      const caption = /<figcaption>([\s\S]*?)<\/figcaption>/.exec(figure)?.[1] ?? "";
      expect(caption).toMatch(/\d|same answer/);
      expect(caption).toMatch(/\.$/);
      expect(figure).toMatch(/<h3>.+<\/h3>/);
      expect(figure).toMatch(/<svg role="img" aria-label="[^"]{40,}"|<table/);
    }
    const drawings = page.match(/<svg [^>]*>/g)!;
    for (const drawing of drawings) expect(drawing).toMatch(/role="img" aria-label=|aria-hidden="true"/);
  });

  test("headings go down one level at a time, from one h1", () => {
    const levels = parse(page).tags.flatMap(({ name }) => (/^h[1-6]$/.test(name) ? [Number(name[1])] : []));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels[0]).toBe(1);
    for (const level of levels) expect(level).toBeLessThanOrEqual(3);
  });

  test("tables have header cells with a scope", () => {
    const { tags } = parse(page);
    for (const { name, attributes } of tags) if (name === "th") expect(attributes.get("scope")).toBeTruthy();
    expect(tags.filter((tag) => tag.name === "table").length).toBeGreaterThanOrEqual(3);
  });

  test("holds no number that is none", () => {
    const { text, tags } = parse(page);
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(attributeText(tags)).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test("equal data give equal bytes, whatever was drawn before, and through JSON", async () => {
  const first = await renderReport(cases.binary!);
  await renderReport(cases.regression!);
  expect(await renderReport(JSON.parse(JSON.stringify(binaryData())) as ReportData)).toBe(first);
});

test("the words that mattered stand in a picture for each class, with how many rows were asked", async () => {
  const [most, ...others] = wordsData(["a", "b"]).answers;
  const page = await renderReport({
    ...multiclassData({ classes: ["a", "b", "c"] }),
    words: { asked: 77, answers: [most!, { ...others[0]!, raising: [] }] },
  });
  const { text } = parse(page);
  expect(text).toContain("The words that mattered");
  expect(text).toContain("strongest of 77 words and signs that at least 5 of the");
  expect(text).toMatch(/“call” multiplies the odds of “a” most, by 7.4 on average over the 5 /);
  expect(text).toMatch(/“!” divides the odds of “b” most, by 2.7 on average over the 5 /);
  const { tags } = parse(page);
  expect(tags.flatMap((tag) => tag.attributes.get("id") ?? []).filter((id) => /^words-/.test(id))).toEqual([
    "words-1",
    "words-2",
  ]);
  // Drawn from below: what speaks against most, up to what speaks for most.
  const labels = [...page.matchAll(/>(\S+) \(\d+\)</g)].map((match) => match[1]);
  expect(labels.slice(0, 2)).toEqual(["!", "love"]);
  expect(labels.slice(22, 24)).toEqual(["free", "call"]);
  // Powers of two are whole.
  const ticks = [...page.matchAll(/>([×÷][^<]*)</g)].map((match) => match[1]!);
  expect(ticks).toContain("×4");
  for (const tick of ticks) expect(tick).toMatch(/^[×÷](1|2|4|8|16|1\.4|2\.8|5\.7|11)$/);
});

test("names from the data appear as text, never as mark-up", async () => {
  const page = await renderReport(cases["binary, odd names"]!);
  expect(page).toContain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  expect(page).not.toContain("<script");
  expect(page).not.toContain("\u202e");
  expect(page).not.toContain("\u001b");
  const { text } = parse(page);
  expect(text).toContain("y&quot;es&#39; &amp; no");
});

describe("sections", () => {
  const titles = (page: string): string[] =>
    [...page.matchAll(/<h2 id="[^"]*">([^<]*)</g)].map((match) => match[1]!);

  let whole = "";
  beforeAll(async () => {
    whole = await renderReport(cases.texts!);
  });

  test("come in their order", () => {
    expect(titles(whole)).toEqual([
      "What was done",
      "What the data showed",
      "Leaderboard",
      "How well it tells them apart",
      "What it learnt",
      "Where it fails",
      "What would make it better",
      "How to reproduce it",
    ]);
  });

  test("tell that the test is a file, and which where it is known", async () => {
    const data = binaryData();
    const file = { ...data.split, kind: "file" } as const;
    const { by: _none, ...alone } = file;
    expect(await renderReport({ ...data, split: alone })).toContain("came from a file of their own: ");
    const shared = await renderReport({ ...data, split: { ...file, by: "later.csv" } });
    expect(shared).toMatch(/came from a file of their own, .*later\.csv.*: /);
  });

  test("are absent without data", async () => {
    const { task, target, data, split, metric, intervalLevel, families, chosen, run } = binaryData();
    const bare: ReportData = {
      task,
      target,
      data,
      split,
      metric,
      intervalLevel,
      families,
      chosen,
      run,
      test: [],
      findings: [],
      leaderboard: [],
    };
    const page = await renderReport(bare);
    expect(() => parse(page)).not.toThrow();
    expect(titles(page)).toEqual([
      "What was done",
      "What the data showed",
      "Leaderboard",
      "How to reproduce it",
    ]);
    expect(page).not.toContain("<figure");
    expect(page).toContain("Nothing suspicious was found");
  });

  test.each([
    ["roc", 'id="roc"'],
    ["precisionRecall", 'id="precision-recall"'],
    ["calibration", 'id="calibration"'],
    ["confusion", 'id="confusion"'],
    ["operating", 'id="threshold"'],
    ["learningCurve", 'id="learning-curve"'],
    ["importance", 'id="importance"'],
    ["words", 'id="words-1"'],
    ["partialDependence", 'id="dependence-1"'],
    ["segments", 'id="fails"'],
    ["shuffledTarget", "Check against self-deception"],
  ] as const)("%s is drawn when it is there, and only then", async (key, mark) => {
    expect(whole).toContain(mark);
    expect(await renderReport({ ...cases.texts!, [key]: undefined })).not.toContain(mark);
  });

  test("a leak shows both scores", async () => {
    const scores = { with: 0.9912, without: 0.8871 };
    const page = await renderReport({
      ...regressionData(),
      findings: [{ kind: "leak", column: "casual", evidence: "casual + registered is the target.", scores }],
    });
    expect(page).toContain("With “<bdi>casual</bdi>” we would have reported R² 0.99; without it 0.89.");
  });

  test("the baseline is on the board although it comes last of many", async () => {
    const board = Array.from({ length: 90 }, (_, i) => ({
      name: `boosting ${i}`,
      family: "boosting",
      score: { value: 0.9 - i / 1000, low: 0.89 - i / 1000, high: 0.91 - i / 1000 },
    }));
    const baseline = {
      name: "constant",
      family: "baseline",
      role: "baseline" as const,
      score: { value: 0.5 },
    };
    const page = await renderReport({ ...binaryData(), leaderboard: [...board, baseline] });
    expect(page).toContain("<bdi>constant</bdi>");
    expect(page).toContain("51 more models in run.json.");
  });

  test("only a budget in work units promises the same bytes", async () => {
    const base = binaryData();
    expect(await renderReport(base)).toContain("byte for byte");
    expect(await renderReport({ ...base, run: { ...base.run, budget: undefined } })).not.toContain(
      "byte for byte",
    );
  });

  test("a training that was cut short promises no bytes", async () => {
    const base = binaryData();
    const page = await renderReport({ ...base, run: { ...base.run, cutShort: true } });
    expect(page).not.toContain("byte for byte");
    expect(page).toContain("no command stops at the same step again");
  });

  test("a shuffled target that scores above chance is an alarm", async () => {
    const shuffledTarget = { score: { value: 0.6, low: 0.57, high: 0.63 }, chance: 0.5 };
    expect(await renderReport({ ...binaryData(), shuffledTarget })).toContain("distrust the figures above");
  });
});

describe("numbers of any size draw something finite", () => {
  const extremes = [0, -1, 1, 0.5, 1e-300, 1e9, -1e12, 1e200, 1e-9];

  test.each([1, 2, 3, 4, 5, 6])("seed %i", async (seed) => {
    const random = createRandom(seed);
    const mangle = (value: unknown): unknown => {
      if (typeof value === "number")
        return random.next() < 0.3 ? extremes[random.integer(extremes.length)] : value;
      if (Array.isArray(value)) return value.map(mangle);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mangle(inner)]));
    };
    const base = [
      binaryData({ costs: true, testRows: 200 }),
      multiclassData({ testRows: 300 }),
      regressionData({ testRows: 300 }),
    ];
    const page = await renderReport(mangle(base[seed % 3]) as ReportData);
    const { text, tags } = parse(page);
    expect(text).not.toMatch(/undefined|\[object/);
    expect(attributeText(tags.filter((tag) => tag.name !== "svg"))).not.toMatch(/NaN|Infinity/);
    expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
  });
});

test("hostile lengths stay under 2 MB: names of a megabyte, thousands of entries", async () => {
  const long = "x".repeat(1_000_000);
  const base = binaryData({
    target: long,
    classes: [`a${long}`, `b${long}`],
    columns: many.map((name) => name + long),
  });
  const page = await renderReport({
    ...base,
    findings: Array.from({ length: 3000 }, (_, i) => ({
      kind: "identifier",
      column: `c${i}`,
      evidence: long,
      undo: long,
    })),
    limitations: [long],
    data: { ...base.data, preparation: [long, long] },
    run: { ...base.run, command: long },
    segments: Array.from({ length: 500 }, () => ({ description: long, rows: 9, score: { value: 0.5 } })),
  });
  expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
  expect(page).toContain("2,960 more findings in run.json.");
});

test("a baseline inside the chosen model's interval, and a class without test rows, are said", async () => {
  const data = multiclassData({ classes: ["a", "b", "c"] });
  const chosen = data.leaderboard.find((entry) => entry.role === "chosen")!;
  const baseline = { ...chosen, name: "baseline", family: "baseline", role: "baseline" as const };
  const counts = data.confusion!.counts.map((count, i) => (i < 3 ? 0 : count));
  const page = await renderReport({
    ...data,
    leaderboard: [chosen, baseline],
    confusion: { ...data.confusion!, counts },
  });
  const { text } = parse(page);
  expect(text).toContain("Doing nothing reaches into it");
  expect(text).not.toContain("the choice is clear");
  expect(text).toMatch(/The test has no \w+ of “?"?a/);
});

test("a board without intervals does not say who reaches into whose", async () => {
  const data = multiclassData({ classes: ["a", "b", "c"] });
  const leaderboard = data.leaderboard.map((entry) => ({ ...entry, score: { value: entry.score.value } }));
  const { text } = parse(await renderReport({ ...data, leaderboard }));
  expect(text).not.toMatch(/reaches? into it/);
});
