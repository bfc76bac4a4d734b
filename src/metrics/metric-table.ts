/** Every metric by name: the one list behind `--metric`, boards, early stopping and reports. */
import { MillwrightError, nearest } from "../core/index.ts";
import { accuracy, accuracyOf, balancedAccuracy, balancedAccuracyOf } from "./accuracy.ts";
import { averagePrecision, averagePrecisionScorer } from "./average-precision.ts";
import { brier, brierScorer } from "./brier.ts";
import { expectedCalibrationError, expectedCalibrationErrorScorer } from "./expected-calibration-error.ts";
import { levelError, levelErrorOf, quadraticKappa, quadraticKappaOf } from "./level-agreement.ts";
import { logLoss, logLossScorer } from "./log-loss.ts";
import { matthews, matthewsOf } from "./matthews.ts";
import type { Metric, Task } from "./metric.ts";
import { labelMetric, probabilityMetric, valueMetric } from "./metric-kinds.ts";
import { type Average, precisionRecall, precisionRecallOf } from "./precision-recall.ts";
import { r2, r2Scorer } from "./r2.ts";
import { classColumn, oneClassError } from "./ranking.ts";
import {
  mae,
  maeScorer,
  mape,
  mapeScorer,
  mse,
  mseScorer,
  pinball,
  pinballScorer,
  rmse,
  rmseScorer,
} from "./regression-errors.ts";
import { oneVsRestScorer, rocAuc, rocAucOneVsRest, rocAucScorer } from "./roc-auc.ts";

/** `precision`, `recall` or `f1` of the positive class, or averaged over the classes. */
function share(figure: "precision" | "recall" | "f1", average: Average): Metric {
  const suffix = average === "binary" ? "" : average[0]!.toUpperCase() + average.slice(1);
  const title = `${figure[0]!.toUpperCase()}${figure.slice(1)}${average === "binary" ? "" : ` (${average})`}`;
  return labelMetric(
    { name: `${figure}${suffix}`, title, binaryOnly: average === "binary" },
    (matrix, classCount, positive) => precisionRecallOf(matrix, classCount, average, positive)[figure],
    (y, predicted, options) => precisionRecall(y, predicted, { ...options, average })[figure],
  );
}

function pinballMetric(quantile: number): Metric {
  const name = quantile === 0.5 ? "pinball" : `pinball@${quantile}`;
  return valueMetric(
    { name, title: `Pinball loss at ${quantile}`, greaterIsBetter: false, unit: "target" },
    (y, predicted) => pinballScorer(y, predicted, quantile),
    (y, predicted, options) => pinball(y, predicted, quantile, options),
  );
}

const list: readonly Metric[] = [
  probabilityMetric(
    { name: "rocAuc", title: "ROC AUC", greaterIsBetter: true, unit: "share", ranks: true },
    ({ y, probabilities, classCount, positive }) =>
      classCount === 2
        ? rocAucScorer(y, classColumn(probabilities, classCount, positive), positive)
        : oneVsRestScorer(y, probabilities, classCount, "macro", rocAucScorer),
    ({ y, probabilities, classCount, positive, weight }) =>
      classCount === 2
        ? rocAuc(y, classColumn(probabilities, classCount, positive), { weight, positive })
        : rocAucOneVsRest(y, probabilities, classCount, { weight }),
  ),
  probabilityMetric(
    {
      name: "rocAucWeighted",
      title: "ROC AUC (weighted by class)",
      greaterIsBetter: true,
      unit: "share",
      ranks: true,
    },
    ({ y, probabilities, classCount }) =>
      oneVsRestScorer(y, probabilities, classCount, "weighted", rocAucScorer),
    ({ y, probabilities, classCount, weight }) =>
      rocAucOneVsRest(y, probabilities, classCount, { weight, average: "weighted" }),
  ),
  probabilityMetric(
    {
      name: "averagePrecision",
      title: "Average precision",
      greaterIsBetter: true,
      unit: "share",
      ranks: true,
    },
    ({ y, probabilities, classCount, positive }) =>
      classCount === 2
        ? averagePrecisionScorer(y, classColumn(probabilities, classCount, positive), positive)
        : oneVsRestScorer(y, probabilities, classCount, "macro", averagePrecisionScorer),
    ({ y, probabilities, classCount, positive, weight }) => {
      if (classCount === 2) {
        return averagePrecision(y, classColumn(probabilities, classCount, positive), { weight, positive });
      }
      const scorer = oneVsRestScorer(y, probabilities, classCount, "macro", averagePrecisionScorer);
      const area = scorer(weight);
      if (Number.isNaN(area)) throw oneClassError("averagePrecision", y);
      return area;
    },
  ),
  probabilityMetric(
    { name: "logLoss", title: "Log loss", greaterIsBetter: false, unit: "nats" },
    ({ y, probabilities, classCount }) => logLossScorer(y, probabilities, classCount),
    ({ y, probabilities, classCount, weight }) => logLoss(y, probabilities, classCount, { weight }),
  ),
  probabilityMetric(
    { name: "brier", title: "Brier score", greaterIsBetter: false, unit: "share" },
    ({ y, probabilities, classCount }) => brierScorer(y, probabilities, classCount),
    ({ y, probabilities, classCount, weight }) => brier(y, probabilities, classCount, { weight }),
  ),
  probabilityMetric(
    {
      name: "expectedCalibrationError",
      title: "Expected calibration error",
      greaterIsBetter: false,
      unit: "share",
    },
    ({ y, probabilities, classCount, positive }) =>
      expectedCalibrationErrorScorer(y, probabilities, classCount, positive),
    ({ y, probabilities, classCount, positive, weight }) =>
      expectedCalibrationError(y, probabilities, classCount, { weight, positive }),
  ),
  labelMetric({ name: "accuracy", title: "Accuracy" }, accuracyOf, accuracy),
  labelMetric({ name: "balancedAccuracy", title: "Balanced accuracy" }, balancedAccuracyOf, balancedAccuracy),
  share("precision", "binary"),
  share("recall", "binary"),
  share("f1", "binary"),
  share("precision", "macro"),
  share("recall", "macro"),
  share("f1", "macro"),
  share("f1", "micro"),
  share("precision", "weighted"),
  share("recall", "weighted"),
  share("f1", "weighted"),
  labelMetric({ name: "matthews", title: "Matthews correlation" }, matthewsOf, matthews),
  labelMetric(
    { name: "quadraticKappa", title: "Quadratic weighted kappa", ordered: true },
    quadraticKappaOf,
    quadraticKappa,
  ),
  labelMetric(
    {
      name: "levelError",
      title: "Mean level error",
      ordered: true,
      greaterIsBetter: false,
      unit: "levels",
    },
    levelErrorOf,
    levelError,
  ),
  valueMetric({ name: "rmse", title: "RMSE", greaterIsBetter: false, unit: "target" }, rmseScorer, rmse),
  valueMetric({ name: "mae", title: "MAE", greaterIsBetter: false, unit: "target" }, maeScorer, mae),
  valueMetric({ name: "mse", title: "MSE", greaterIsBetter: false, unit: "target²" }, mseScorer, mse),
  valueMetric({ name: "mape", title: "MAPE", greaterIsBetter: false, unit: "share" }, mapeScorer, mape),
  valueMetric({ name: "r2", title: "R²", greaterIsBetter: true, unit: "share" }, r2Scorer, r2),
  pinballMetric(0.5),
];

/** Every metric under its name, classification first. */
export const metricTable: Readonly<Record<string, Metric>> = Object.fromEntries(
  list.map((entry) => [entry.name, entry]),
);

/** Other names in use, so that `--metric auc` works; the board shows the name on the right. */
const aliases: Readonly<Record<string, string>> = {
  auc: "rocAuc",
  prauc: "averagePrecision",
  ap: "averagePrecision",
  crossentropy: "logLoss",
  brierscore: "brier",
  ece: "expectedCalibrationError",
  mcc: "matthews",
  qwk: "quadraticKappa",
  kappa: "quadraticKappa",
  meanabsoluteerror: "mae",
  meansquarederror: "mse",
  rootmeansquarederror: "rmse",
};

/**
 * The metric of a name. Case, "-" and "_" do not matter (`roc_auc`), and
 * `pinball@0.9` is the pinball loss of the quantile 0.9.
 *
 * @throws MillwrightError `PARAMETER_UNKNOWN` with the nearest name.
 * @throws MillwrightError `PARAMETER_RANGE` for a quantile outside (0, 1).
 */
export function metric(name: string): Metric {
  const key = name.toLowerCase().replaceAll(/[-_ ]/g, "");
  const found = list.find((entry) => entry.name.toLowerCase() === key) ?? metricTable[aliases[key] ?? ""];
  if (found !== undefined) return found;
  const quantile = /^pinball@(.+)$/.exec(key)?.[1];
  if (quantile !== undefined) {
    const value = Number(quantile);
    if (value > 0 && value < 1) return pinballMetric(value);
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `The metric "${name}" needs a quantile between 0 and 1.`,
      "Write pinball@0.9, for example.",
    );
  }
  const guess = nearest(name, Object.keys(metricTable));
  throw new MillwrightError(
    "PARAMETER_UNKNOWN",
    `There is no metric "${name}"${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
    `Choose from ${Object.keys(metricTable).join(", ")}.`,
  );
}

/** What a metric must fit. */
export interface MetricTarget {
  readonly task: Task;
  /** 0 for numbers. */
  readonly classCount: number;
  /** Whether the classes are levels in their order. */
  readonly ordered: boolean;
}

/**
 * The metric that ranks models unless told: `rocAuc` for two classes, `logLoss` for more, `quadraticKappa` for levels,
 * `rmse` for numbers.
 */
export function defaultMetric(task: Task, classCount = 2, ordered = false): Metric {
  if (task === "regression") return metricTable.rmse!;
  if (ordered) return metricTable.quadraticKappa!;
  return classCount === 2 ? metricTable.rocAuc! : metricTable.logLoss!;
}

/** The metrics that fit a task, in board order: those of two classes, or of levels, only where there are such. */
export function metricsFor(task: Task, classCount = 2, ordered = false): readonly Metric[] {
  return list.filter((entry) => misfit(entry, { task, classCount, ordered }) === undefined);
}

/** What a metric is for, in words, where that is not this target: "two classes"; undefined where it fits. */
export function misfit(metric: Metric, { task, classCount, ordered }: MetricTarget): string | undefined {
  if (metric.task !== task) return metric.task;
  if (metric.binaryOnly && classCount !== 2) return "two classes";
  return metric.ordered === true && !ordered ? "levels in their order" : undefined;
}
