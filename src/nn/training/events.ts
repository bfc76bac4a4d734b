/** What a training tells while it runs: one stream of plain objects. */

/** An epoch as it went; what a learning curve draws. */
export interface EpochRecord {
  /** 1, 2, …. */
  readonly epoch: number;
  /** Mean training loss over the epoch's rows, each as it was when its batch came. */
  readonly loss: number;
  /** On the validation rows, after the epoch. */
  readonly validationLoss?: number;
  readonly validationMetric?: number;
  /** Learning rate of the epoch's last step. */
  readonly learningRate: number;
}

export type TrainEvent =
  | {
      readonly type: "start";
      /** Trainable numbers that are not frozen. */
      readonly parameterCount: number;
      readonly stepsPerEpoch: number;
      readonly epochs: number;
      /** Epoch and step to go on from; 1 and 0 for a fresh start. */
      readonly epoch: number;
      readonly step: number;
    }
  | {
      readonly type: "step";
      readonly epoch: number;
      /** Steps of the optimiser so far. */
      readonly step: number;
      readonly loss: number;
      readonly learningRate: number;
      /** Length of the whole gradient before clipping; only with { clipNorm }. */
      readonly gradientNorm?: number;
      readonly rowsPerSecond: number;
      /** Seconds to the last epoch, at the speed so far. */
      readonly secondsLeft: number;
    }
  | ({
      readonly type: "epoch";
      /** The best epoch so far, by what is watched. */
      readonly best: boolean;
    } & EpochRecord)
  | {
      /** The best epoch's state is back, and the rate has fallen. */
      readonly type: "fall";
      /** The best epoch; 0 is the start. */
      readonly epoch: number;
      readonly learningRate: number;
    }
  | { readonly type: "checkpoint"; readonly path: string; readonly step: number }
  | {
      readonly type: "end";
      /** All epochs done; no better epoch for { patience }; stopped by the signal. */
      readonly reason: "done" | "patience" | "aborted";
      readonly step: number;
    };
