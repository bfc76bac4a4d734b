/** Rows to be scored, put together once: targets, weights and the positive class, to which answers are added. */
import { createRandom } from "../core/index.ts";
import { takeTarget, type Target } from "../estimators/index.ts";

export interface JudgedRows {
  /** The rows of `Target`, in their order. */
  readonly y: Target;
  readonly weight?: Float64Array | undefined;
  /** Of two classes, the code of the positive one. */
  readonly positive?: number | undefined;
  /** Rows of one group are not independent: intervals draw them together. −1 is a group of its own. */
  readonly groups?: Int32Array | undefined;
  /** The fold that each row was left out of, where its answer comes from that fold's model. */
  readonly folds?: Int32Array | undefined;
}

/** The rows at `places`, in that order. */
export function judgedAt(rows: JudgedRows, places: Uint32Array): JudgedRows {
  return {
    y: takeTarget(rows.y, places),
    weight: rows.weight && Float64Array.from(places, (place) => rows.weight![place]!),
    positive: rows.positive,
    ...(rows.groups && { groups: Int32Array.from(places, (place) => rows.groups![place]!) }),
    ...(rows.folds && { folds: Int32Array.from(places, (place) => rows.folds![place]!) }),
  };
}

/** Answers of the rows at `places`; answers are row-major over `rowCount` rows. */
export function answersAt(answers: Float64Array, rowCount: number, places: Uint32Array): Float64Array {
  const width = answers.length / rowCount;
  const taken = new Float64Array(places.length * width);
  for (let i = 0; i < places.length; i++) {
    taken.set(answers.subarray(places[i]! * width, (places[i]! + 1) * width), i * width);
  }
  return taken;
}

/** At most `limit` places of `rowCount`, drawn by the seed, ascending. */
export function samplePlaces(rowCount: number, limit: number, seed: number): Uint32Array {
  const places = Uint32Array.from({ length: rowCount }, (_, place) => place);
  if (rowCount <= limit) return places;
  createRandom(seed).child("sample").shuffle(places);
  return places.slice(0, limit).sort();
}
