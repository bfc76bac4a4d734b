/** The flags of `millwright train`. */
import type { Reading } from "../../data/index.ts";
import type { ChangeName, NetName } from "../../tasks/index.ts";

export interface TrainFlags extends Reading {
  readonly target?: string;
  readonly like?: string;
  readonly task?: "classification" | "regression" | "ordinal" | "multilabel" | "tags";
  readonly labelsBy?: string;
  readonly order?: readonly string[];
  readonly metric?: string;
  readonly positive?: string;
  readonly time?: number;
  readonly budget?: number;
  readonly families?: readonly string[];
  readonly folds?: number;
  readonly testSize?: number;
  readonly test?: string;
  readonly validation?: string;
  readonly column?: readonly string[];
  readonly keep?: readonly string[];
  readonly drop?: readonly string[];
  readonly weight?: string;
  readonly group?: string;
  readonly timeColumn?: string;
  readonly id?: string;
  readonly maxLatency?: number;
  readonly maxSize?: number;
  readonly require?: readonly string[];
  readonly against?: readonly string[];
  readonly inputs?: readonly string[];
  readonly classWeight?: "balanced" | Readonly<Record<string, number>>;
  readonly cost?: { readonly falsePositive: number; readonly falseNegative: number };
  readonly image?: string;
  readonly net?: NetName;
  readonly from?: string;
  readonly freeze?: readonly string[];
  readonly backboneRate?: number;
  readonly pixelMean?: readonly number[];
  readonly pixelDeviation?: readonly number[];
  readonly pixelLayout?: "nchw" | "nhwc";
  readonly imageSize?: number;
  readonly epochs?: number;
  readonly augment?: readonly ChangeName[];
  readonly seed?: number;
  readonly threads?: number;
  readonly out: string;
  readonly json?: boolean;
}
