import { describe, expect, test } from "vitest";
import type { Frame } from "../../schema/index.ts";
import { ColumnRef } from "../columns.ts";
import { fitFeatures } from "../fit-features.ts";
import { byName, contextOf, frameOf } from "../frame-fixture.ts";
import type { Chain } from "../step.ts";
import { timeSinceChain } from "./time-since.ts";

const { NaN: missing } = Number;
type Times = readonly (string | null)[];
const cells = (times: Times) => times.map((time) => (time === null ? null : Date.parse(time)));
const times = (columns: Readonly<Record<string, Times>>, wall: readonly string[] = []): Frame => {
  const frame = frameOf(
    Object.fromEntries(
      Object.entries(columns).map(([name, given]) => [
        name,
        { kind: "datetime" as const, cells: cells(given) },
      ]),
    ),
  );
  const schema = frame.schema.columns.map((column) =>
    column.kind === "datetime" && wall.includes(column.name) ? { ...column, clock: "wall" as const } : column,
  );
  return { ...frame, schema: { columns: schema } };
};
const made = async (chain: Chain, frame: Frame, later = frame) =>
  byName(await (await fitFeatures([chain], frame, contextOf())).transform(later));

const six = ["2024-01-01Z", "2024-01-02Z", "2024-01-03Z", "2024-01-04Z", "2024-01-05Z", "2024-01-05Z"];

describe("the reference is", () => {
  test.each([
    { name: "a text with a zone", since: "2024-01-01T01:00+01:00" },
    { name: "a Date", since: new Date("2024-01-01T00:00Z") },
  ])("a fixed instant: $name", async ({ since }) => {
    const frame = times({ x: ["2024-01-01T12:00Z", "2023-12-31T00:00Z", null] });
    const name = typeof since === "string" ? since : "2024-01-01T00:00:00.000Z";
    expect(await made(timeSinceChain(["x"], { since }), frame)).toEqual({
      [`x:since ${name}`]: [0.5, -1, missing],
    });
  });

  test("a fixed time of wall clocks, without a zone", async () => {
    const frame = times({ x: ["2024-01-01T12:00Z", null] }, ["x"]);
    const chain = timeSinceChain(["x"], { since: "2024-01-01T11:30", unit: "minutes" });
    expect(await made(chain, frame)).toEqual({ "x:since 2024-01-01T11:30": [30, missing] });
  });

  test("the end of the training rows, which names no single row, also for later rows", async () => {
    const later = times({ x: ["2024-01-04T12:00Z", "2024-02-03T12:00Z", null] });
    // The mean of the last five times is noon of January 3 and a fifth of a day more.
    const got = await made(timeSinceChain(["x"], { since: "latest" }), times({ x: six }), later);
    expect(got["x:since latest"]!.map((days) => Math.round(days * 10) / 10)).toEqual([0.7, 30.7, missing]);
    const shared = times({ x: [...six, ...Array.from({ length: 5 }, () => "2024-01-07T00:00Z")] });
    const exact = await made(timeSinceChain(["x"], { since: "latest", unit: "hours" }), shared, later);
    expect(exact["x:since latest"]).toEqual([-60, 660, missing]);
  });

  test("1970 where fewer than 5 rows have a time", async () => {
    const got = await made(timeSinceChain(["x"], { since: "latest" }), times({ x: ["1970-01-03Z", null] }));
    expect(got).toEqual({ "x:since latest": [2, missing] });
  });

  test.each([{ wall: [] }, { wall: ["x", "y", "from"] }])(
    "another column, on clocks $wall",
    async ({ wall }) => {
      const frame = times(
        {
          from: ["2024-01-01Z", "2024-01-01Z", null, "2024-03-01Z"],
          x: ["2024-01-01T12:00Z", null, "2024-01-01Z", "2024-02-29Z"],
          y: ["2025-01-01Z", null, null, "2024-03-01Z"],
        },
        wall,
      );
      const chain = timeSinceChain(["x", "y"], { since: new ColumnRef("from", "datetime") });
      expect(await made(chain, frame)).toEqual({
        "x:since from": [0.5, missing, missing, -1],
        "y:since from": [366, missing, missing, 0],
      });
    },
  );
});

test("beyond the calendar a time is missing, its ends are not", async () => {
  const beyond = { kind: "datetime" as const, cells: [8.64e15, -8.64e15, 8.64e15 + 1, Infinity, 0.5] };
  const frame = frameOf({ x: beyond });
  const got = await made(timeSinceChain(["x"], { since: "1970-01-01T00:00Z" }), frame);
  expect(got["x:since 1970-01-01T00:00Z"]).toEqual([1e8, -1e8, missing, missing, 0]);
});

describe("refused", () => {
  const instants = times({ x: six, y: six });
  const walls = times({ x: six, y: six }, ["x"]);
  const since = new ColumnRef("y", "datetime");
  test.each([
    {
      name: "a wall-clock time from an instant",
      chain: timeSinceChain(["x"], { since }),
      frame: walls,
      words: /"x", a wall-clock time, and "y", an instant/,
    },
    {
      name: "a Date for wall clocks",
      chain: timeSinceChain(["x"], { since: new Date(0) }),
      frame: walls,
      words: /"x" holds wall-clock times.*since: "1970-01-01T00:00:00"/,
    },
    {
      name: "a zone for wall clocks",
      chain: timeSinceChain(["x"], { since: "2024-01-01T00:00Z" }),
      frame: walls,
      words: /"2024-01-01T00:00Z", and "x" needs a time without a zone/,
    },
    {
      name: "no zone for instants",
      chain: timeSinceChain(["x"], { since: "2024-01-01T00:00" }),
      frame: instants,
      words: /"x" needs a time with a zone/,
    },
    {
      name: "nothing",
      chain: timeSinceChain(["x"], { since: "" }),
      frame: instants,
      words: /since is ""/,
    },
    {
      name: "what is no time",
      chain: timeSinceChain(["x"], { since: "soon" }),
      frame: instants,
      words: /since is "soon"/,
    },
  ])("$name", async ({ chain, frame, words }) => {
    await expect(fitFeatures([chain], frame, contextOf())).rejects.toThrow(words);
  });

  test("a column from itself, an unknown unit and a Date that is none", () => {
    expect(() => timeSinceChain(["y"], { since })).toThrow(/"y" from itself/);
    expect(() => timeSinceChain(["y"], { since: "latest", unit: "years" as "days" })).toThrow(
      /timeSince\.unit/,
    );
    expect(() => timeSinceChain(["y"], { since: new Date(Number.NaN) })).toThrow(/timeSince\.since/);
  });
});
