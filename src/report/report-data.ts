/**
 * What the report and the card are drawn from: plain JSON of aggregates.
 *
 * The idea: whoever trains fills this object once; everything readable (the HTML
 * report, the Markdown card, the three lines in the terminal) is a function of it
 * and of nothing else, so equal data give equal bytes. It never holds a row: only
 * counts, scores, quantiles and bins (but for a few small pictures where the rows are pictures). Names of categories, group borders and
 * evidence must already be those that at least five rows share; labels of the
 * target are exempt.
 *
 * A part that was not computed is left out, and its section is then absent.
 * Numbers that do not exist are left out too, never NaN.
 */

export type Task = "binary" | "multiclass" | "multilabel" | "ordinal" | "regression";

/** A number with its interval at `ReportData.intervalLevel`; without borders it is drawn as a point. */
export interface Estimate {
  readonly value: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** A metric as people read it. */
export interface MetricInfo {
  /** As in `metrics/`: `rocAuc`. */
  readonly name: string;
  /** As printed: `ROC AUC`. */
  readonly label: string;
  readonly higherIsBetter: boolean;
  /** True for errors measured in the unit of the target (MAE, RMSE). */
  readonly inTargetUnits?: boolean | undefined;
}

export interface TargetInfo {
  readonly column: string;
  /** Printed after numbers of the target: `€`, `kWh`. */
  readonly unit?: string | undefined;
  /** Labels in the order of the probabilities, with their rows in the whole table. Classification only. */
  readonly classes?: readonly { readonly label: string; readonly rows: number }[] | undefined;
  /** The label that counts as positive. Binary only. */
  readonly positive?: string | undefined;
  /** Weights that training rows of a label were given on top of their own. */
  readonly classWeights?: readonly { readonly label: string; readonly weight: number }[] | undefined;
}

export interface DataInfo {
  /** Names of the sources, without folders. */
  readonly sources: readonly string[];
  /** Rows read, before any was left out. */
  readonly rows: number;
  readonly columns: number;
  /** Columns that feed the model. */
  readonly usedColumns: number;
  /** What was done to the columns, one fragment each: `missing numbers filled with the median`. */
  readonly preparation?: readonly string[] | undefined;
}

export interface SplitInfo {
  readonly kind: "random" | "stratified" | "grouped" | "time" | "file";
  /** The column of a grouped or timed split; the file's name for `file`. */
  readonly by?: string | undefined;
  readonly trainRows: number;
  readonly testRows: number;
  /** Folds of the cross-validation among the training rows. */
  readonly folds?: number | undefined;
}

/** A column or table that deserves a remark, as `look` prints it. */
export interface Finding {
  /** `leak`, `identifier`, `constant`, `duplicates`, … */
  readonly kind: string;
  readonly column?: string | undefined;
  /** One sentence with the numbers that show it. */
  readonly evidence: string;
  /** What was done: `left out`, `read as missing`, `kept`. */
  readonly action?: string | undefined;
  /** The flag that undoes it: `--keep casual`. */
  readonly undo?: string | undefined;
  /** For a leak: the primary metric with the column and without. */
  readonly scores?: { readonly with: number; readonly without: number } | undefined;
}

/** One metric on the untouched test rows. */
export interface TestScore {
  readonly metric: MetricInfo;
  readonly score: Estimate;
  /** The same metric of doing nothing: the constant answer. */
  readonly baseline?: number | undefined;
}

export interface BoardEntry {
  /** Unique on the board: `boosting 3`. */
  readonly name: string;
  /** `boosting`, `logistic`, `ensemble`, `baseline`, … */
  readonly family: string;
  readonly role?: "chosen" | "baseline" | "member" | undefined;
  /** Validation score in the primary metric. */
  readonly score: Estimate;
  /** Share of an ensemble's answer, 0 … 1, for members. */
  readonly weight?: number | undefined;
  readonly fitSeconds?: number | undefined;
  readonly sizeBytes?: number | undefined;
  /** Milliseconds of one row. */
  readonly rowMs?: number | undefined;
  /** Whether no other entry is as good, as fast and as small. */
  readonly pareto?: boolean | undefined;
  /** Parameters that differ from the defaults, short: `63 leaves, rate 0.05`. */
  readonly parameters?: string | undefined;
}

export interface ChosenInfo {
  /** The board entry's name. */
  readonly name: string;
  readonly family: string;
  /** What it is, one fragment: `average of 3 models: boosting, random forest, logistic`. */
  readonly description: string;
  readonly sizeBytes?: number | undefined;
}

/** The best simple model (linear, naive Bayes, one tree) against the best of all. */
export interface SimplerModel {
  readonly name: string;
  readonly score: number;
  /** How much better the best one is, in the primary metric, positive for better; paired on the same rows. */
  readonly difference: Estimate;
  /** Whether the interval of the difference holds zero. */
  readonly withinNoise: boolean;
}

/** Another model file on the same test rows. */
export interface RivalFile {
  readonly name: string;
  readonly score: Estimate;
  /** How much better ours is, in the primary metric, positive for better; paired on the same rows. */
  readonly gain: Estimate;
  /** What had to be assumed of the file, one fragment each. */
  readonly notes: readonly string[];
}

/** A curve in the unit square. At most a few hundred points; more are thinned. */
export interface Curve {
  /** The class that it singles out. */
  readonly label: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly area: Estimate;
}
/** Recall on x, precision on y. */
export interface PrecisionRecallCurve extends Curve {
  /** Share of the class among the test rows: the precision of picking blindly. */
  readonly prevalence: number;
}

export interface CalibrationBin {
  /** Mean predicted probability, and the share that came true. */
  readonly predicted: number;
  readonly observed: Estimate;
  readonly rows: number;
}
export interface Calibration {
  /** The class whose probability it is; absent where all classes are pooled. */
  readonly label?: string | undefined;
  readonly bins: readonly CalibrationBin[];
  /** Expected calibration error, 0 … 1. */
  readonly error: number;
}

/** Test rows by outcome when everything from `threshold` up raises an alarm. */
export interface ThresholdPoint {
  readonly threshold: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}
/** The operating point of a binary model, with the alternatives. */
export interface Operating {
  readonly at: ThresholdPoint;
  /** How the threshold was chosen, one fragment: `lowest cost on the out-of-fold predictions`. */
  readonly why: string;
  /** Cost of one mistake of each kind, when the user gave them. */
  readonly costs?:
    | { readonly falseAlarm: number; readonly miss: number; readonly unit?: string | undefined }
    | undefined;
  /** Ascending in threshold. */
  readonly points: readonly ThresholdPoint[];
}

export interface Confusion {
  readonly labels: readonly string[];
  /** Test rows, row-major [actual, predicted]. */
  readonly counts: readonly number[];
}

/** Errors of a regression on the test rows; an error is actual − predicted. */
export interface RegressionErrors {
  /** Mean, median and 90th percentile of the absolute error. */
  readonly model: { readonly mean: number; readonly median: number; readonly p90: number };
  /** The same of the constant answer. */
  readonly baseline: { readonly mean: number; readonly median: number; readonly p90: number };
  /** Mean of actual − predicted: above zero it predicts too low. */
  readonly bias: number;
  /** Test rows by predicted (x) and actual (y), counts row-major [y bin, x bin]. */
  readonly heat?:
    | {
        readonly xEdges: readonly number[];
        readonly yEdges: readonly number[];
        readonly counts: readonly number[];
      }
    | undefined;
  /** Edges one longer than counts; `below` and `above` count the errors outside the edges. */
  readonly histogram?:
    | {
        readonly edges: readonly number[];
        readonly counts: readonly number[];
        readonly below?: number | undefined;
        readonly above?: number | undefined;
        /** Quartiles of the error. */
        readonly quartiles: readonly [number, number, number];
      }
    | undefined;
  /** Quantiles of the error in bins of the prediction, ascending. */
  readonly byPrediction?:
    | readonly {
        readonly low: number;
        readonly high: number;
        readonly rows: number;
        readonly p10: number;
        readonly p25: number;
        readonly median: number;
        readonly p75: number;
        readonly p90: number;
      }[]
    | undefined;
}

export interface LearningPoint {
  /** Training rows. */
  readonly rows: number;
  /** Score on rows that were not trained on. */
  readonly score: Estimate;
  /** Score on the training rows. */
  readonly train?: number | undefined;
}

export interface Importance {
  readonly column: string;
  /** How much worse the primary metric gets when the column is shuffled; positive is worse. */
  readonly drop: Estimate;
}

export interface PartialDependence {
  readonly column: string;
  /** For classification, the class whose probability is drawn. */
  readonly label?: string | undefined;
  /** Numbers: grid ascending. Categories: by name. Dates: epoch milliseconds. */
  readonly kind: "number" | "category" | "datetime";
  readonly points: readonly {
    readonly x: number | string;
    /** Mean prediction: a probability, or the target's unit. */
    readonly y: number;
    /** Share of the rows nearest to this point, 0 … 1. */
    readonly share?: number | undefined;
  }[];
}

/** A word that test rows were asked about, once with it and once without. */
export interface WordEffect {
  readonly word: string;
  /** The text column, where there are several. */
  readonly column?: string | undefined;
  /** Test rows that it was left out of. */
  readonly rows: number;
  /** Mean of the answer with it less the answer without it: of classes in log-odds (natural), of numbers in the target's unit. */
  readonly change: Estimate;
}

/** Words of text columns that the answers rest on; each held by at least five test rows. */
export interface Words {
  /** Words of enough rows, of which these were chosen. */
  readonly asked: number;
  /** Whether some are single characters, since the texts have hardly a word in common. */
  readonly characters?: boolean | undefined;
  readonly answers: readonly {
    /** The class whose odds it is; absent for numbers. */
    readonly label?: string | undefined;
    /** That raise the answer, the most first. */
    readonly raising: readonly WordEffect[];
    /** That lower it, the most first. */
    readonly lowering: readonly WordEffect[];
  }[];
}

/** A part of the test rows where the model does worse than elsewhere. */
export interface Segment {
  /** `contract = monthly and tenure < 6`. */
  readonly description: string;
  readonly rows: number;
  readonly score: Estimate;
}

/** How a network learnt, epoch by epoch. */
export interface TrainingCurve {
  readonly epochs: readonly {
    /** Mean over the rows that were learnt from. */
    readonly loss: number;
    readonly validationLoss: number;
    /** In the primary metric. */
    readonly validationMetric?: number | undefined;
  }[];
  /** 1, 2, …: the one whose weights were kept. */
  readonly bestEpoch: number;
  readonly validationRows: number;
  /** Which network, where several were trained. */
  readonly network?: string | undefined;
  /** Whether the rows that it learns from are changed anew in each epoch. */
  readonly changed?: boolean | undefined;
}

/** Forecasts beside what came: stretches of the series themselves. */
export interface ForecastPictures {
  /** What the naive forecast is: `last value`. */
  readonly naive: string;
  /** What a step is: `hour`. */
  readonly step: string;
  /** Whether times are milliseconds since 1970. */
  readonly dates: boolean;
  /** Mean absolute error of each next value, the nearest first. */
  readonly errors: { readonly chosen: readonly number[]; readonly naive: readonly number[] };
  readonly windows: readonly {
    /** Of the series; empty where there is one. */
    readonly name: string;
    /** Of what was known, then of what is forecast. */
    readonly times: readonly number[];
    readonly known: readonly (number | null)[];
    readonly actual: readonly number[];
    readonly forecast: readonly number[];
    readonly naive: readonly number[];
    /** Ends of the interval of each. */
    readonly low?: readonly number[];
    readonly high?: readonly number[];
  }[];
  /** Intervals on untouched values: the share that they were made to hold, what they hold, and their mean width. */
  readonly intervals?: {
    readonly coverage: number;
    readonly held: number;
    readonly width: number;
    /** Held share of each next value, the nearest first. */
    readonly byHorizon: readonly number[];
  };
}

/** A picture of the user's, or a sound drawn, small. */
export interface PictureExample {
  /** A PNG, base64. */
  readonly png: string;
  /** The same with what the answer rests on in its own colours, and the rest dim. */
  readonly why?: string | undefined;
  /** Its label. */
  readonly actual: string;
  /** What the model says, and how probable that is to it. */
  readonly predicted?: string | undefined;
  readonly probability?: number | undefined;
}

export interface RunInfo {
  /** The whole command that trains the same file again. */
  readonly command: string;
  readonly seed: number;
  /** Work units that were spent, as for `--budget`. */
  readonly budget?: number | undefined;
  readonly timeLimitSeconds?: number | undefined;
  readonly durationSeconds?: number | undefined;
  /** Day of the run as text, if it shall be printed. */
  readonly date?: string | undefined;
  /** Configurations tried and models fitted, folds included. */
  readonly configurations?: number | undefined;
  readonly fits?: number | undefined;
  /** True when the user stopped it and the best so far was kept. */
  readonly stoppedEarly?: boolean | undefined;
  /** True when a training was ended at a step that no command ends it at again. */
  readonly cutShort?: boolean | undefined;
  readonly versions: readonly { readonly name: string; readonly version: string }[];
  readonly hashes: readonly { readonly name: string; readonly sha256: string }[];
}

export interface ReportData {
  readonly task: Task;
  readonly target: TargetInfo;
  /** What one row is: `{ one: "customer", many: "customers" }`; `row` and `rows` when absent. */
  readonly noun?: { readonly one: string; readonly many: string } | undefined;
  readonly data: DataInfo;
  readonly split: SplitInfo;
  /** The primary metric: what the selection was about. */
  readonly metric: MetricInfo;
  /** Level of every interval here, 0 … 1: 0.95. */
  readonly intervalLevel: number;
  /** Families that were tried, in the order of the portfolio. */
  readonly families: readonly string[];
  /** Feature steps of the user's own, and the columns that they read. */
  readonly ownSteps?: readonly { readonly kind: string; readonly columns: readonly string[] }[];
  readonly chosen: ChosenInfo;
  /** On the untouched rows; the primary metric first. */
  readonly test: readonly TestScore[];
  readonly findings: readonly Finding[];
  /** Best first, the baseline included. */
  readonly leaderboard: readonly BoardEntry[];
  readonly simpler?: SimplerModel | undefined;
  readonly rivals?: readonly RivalFile[] | undefined;
  /** The chosen family refitted on a shuffled target, and the score that chance would give. */
  readonly shuffledTarget?: { readonly score: Estimate; readonly chance: number } | undefined;
  /** Sentences about limits that only the caller knows; the general ones are added. */
  readonly limitations?: readonly string[] | undefined;

  readonly roc?: readonly Curve[] | undefined;
  readonly precisionRecall?: readonly PrecisionRecallCurve[] | undefined;
  readonly calibration?: Calibration | undefined;
  readonly operating?: Operating | undefined;
  readonly confusion?: Confusion | undefined;
  readonly errors?: RegressionErrors | undefined;

  readonly training?: TrainingCurve | undefined;
  readonly forecasts?: ForecastPictures | undefined;
  /** What doing nothing is, where it is not the constant answer: `last value`. */
  readonly naive?: string | undefined;
  /** Single pictures, where the rows are pictures or sounds: the one part that is no aggregate, and the page says so. */
  readonly examples?:
    | {
        /** What is drawn, where it is no picture as it is. */
        readonly legend?: string | undefined;
        /** Whether each is drawn twice as wide. */
        readonly wide?: boolean | undefined;
        /** The surest first. */
        readonly wrong: readonly PictureExample[];
        /** The least sure first. */
        readonly unsure: readonly PictureExample[];
        /** As the network is shown them while it learns. */
        readonly augmented?: readonly PictureExample[] | undefined;
      }
    | undefined;

  /** Ascending in rows. */
  readonly learningCurve?: readonly LearningPoint[] | undefined;
  /** Most important first; may be cut, then `data.usedColumns` says out of how many. */
  readonly importance?: readonly Importance[] | undefined;
  /** Most important column first. */
  readonly partialDependence?: readonly PartialDependence[] | undefined;
  /** Of the text columns. */
  readonly words?: Words | undefined;
  /** Worst first. */
  readonly segments?: readonly Segment[] | undefined;
  /** Training rows whose label the out-of-fold models contradict with confidence. */
  readonly labelNoise?:
    | {
        readonly rows: number;
        readonly share: number;
        /** Contradictions stand also where the models are surest, so they are wrong labels and not hard rows. */
        readonly clear: boolean;
      }
    | undefined;

  readonly run: RunInfo;
}
