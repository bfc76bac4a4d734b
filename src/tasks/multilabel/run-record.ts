/** What a run of several labels did and found: `run.json`. */
import type { Finding } from "../../data/index.ts";
import type { DataRecord } from "../read-table.ts";
import type { Challenge } from "../tabular/contender/challenge.ts";
import type { RequirementResult } from "../tabular/requirements.ts";
import type { LabelFigure } from "./label-figures.ts";
import type { LabelledTable } from "./read-labels.ts";

interface LabelBoardRow {
  readonly rank: number;
  readonly name: string;
  readonly family: string;
  readonly score: number;
  readonly units: number;
  /** Share in what is shipped. */
  readonly weight: number;
}

export interface LabelRecord {
  readonly format: 1;
  readonly software: string;
  readonly seconds: number;
  readonly data: DataRecord & {
    readonly trainRows: number;
    readonly testRows: number;
    /** Rows that copy another, and stand on its side of every split; absent where none does. */
    readonly copies?: number;
    readonly folds: number;
    /** How rows were set aside, and why so. */
    readonly split: string;
  };
  readonly task: {
    readonly kind: "multilabel";
    readonly target: string;
    readonly labels: readonly string[];
    readonly thresholds: readonly number[];
    readonly separator: string;
  };
  readonly metric: { readonly name: string; readonly title: string; readonly greaterIsBetter: boolean };
  readonly columns: readonly { readonly name: string; readonly kind: string; readonly role: string }[];
  readonly test: { readonly rows: number; readonly metrics: readonly LabelFigure[] };
  /** Each label on the untouched rows. */
  readonly labels: readonly {
    readonly label: string;
    readonly rows: number;
    readonly threshold: number;
    readonly f1: number;
  }[];
  /** Labels that too few rows bear to be learnt. */
  readonly tooRare: LabelledTable["tooRare"];
  readonly leaderboard: readonly LabelBoardRow[];
  readonly chosen: string;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** The file of `--like` on the same untouched rows. */
  readonly against?: readonly Challenge[];
  /** What `--require` asked for, as it turned out. */
  readonly requirements?: readonly RequirementResult[];
  readonly findings: readonly Finding[];
  readonly budget: {
    readonly unitsUsed: number;
    readonly stoppedBy: "portfolio" | "budget" | "time" | "signal";
  };
  /** The command that gives the same file again. */
  readonly reproduce: string;
  readonly model: { readonly bytes: number; readonly sha256: string };
}
