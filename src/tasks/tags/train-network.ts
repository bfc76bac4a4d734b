/** Fits the network on sentences: the epoch that has the best span F1 on the validation sentences. */
import * as nn from "../../nn/index.ts";
import { fitNetwork, type TrainedNetwork, type TrainingSettings } from "../race/fit-network.ts";
import { type CodedRows, codeRows, type TaggedRows } from "./coded-rows.ts";
import { characterCount, flagCount, type TokenCodes, wordCount } from "./token-codes.ts";
import { bestOffset, type TagDecision, tagsOfScores } from "./decide.ts";

export interface TaggerTraining extends TrainingSettings {
  readonly codes: TokenCodes;
  readonly decision: TagDecision;
}

/** How the network is trained, as the card tells it. */
export const recipe = { optimiser: "adamw", learningRate: 0.005, weightDecay: 0.1, batchSize: 32 } as const;
/**
 * Its sizes, and what is left out while it learns: chosen among six tries by the span F1 on the validation sentences of
 * WNUT-17, 0.28; 0.22 with fewer words and less of the rest left out, at twice the rate.
 */
const sizes = {
  size: 64,
  characterSize: 16,
  filters: 48,
  units: 64,
  dropout: 0.5,
  wordDropout: 0.5,
} as const;

export async function trainTagger(
  train: TaggedRows,
  validation: TaggedRows,
  options: TaggerTraining,
): Promise<TrainedNetwork> {
  const { codes, decision, epochs, seed, threads, onProgress } = options;
  const { classes, places } = decision;
  const beganMs = performance.now();
  const network = taggerNetwork(codes, places, classes.length);
  const batchSize = Math.min(recipe.batchSize, train.tokens.length);
  const coded = await codeRows(train, codes, classes, places);
  const held = await codeRows(validation, codes, classes, places);
  const note = { text: "" };
  return await fitNetwork(
    network,
    nn.initialise(network, { seed }),
    {
      train: loaderOf(coded, { batchSize, seed }),
      validation: loaderOf(held, {
        batchSize: Math.min(batchSize, validation.tokens.length),
      }),
      loss: nn.crossEntropy(),
      optimiser: nn.adamw({
        learningRate: recipe.learningRate,
        weightDecay: recipe.weightDecay,
        beta2: 0.99,
      }),
      metric: spanMetric(validation, decision),
      schedule: nn.oneCycle({ rise: 0.15 }),
      clipNorm: 5,
      epochs,
      patience: Math.max(5, Math.ceil(epochs / 2)),
      seed,
      threads,
      replicas: nn.partsWithin(threads, batchSize),
    },
    { ...options, beganMs, moreTime: "Give more time (--time)." },
    (event) => {
      if (event.type === "step") {
        onProgress?.({
          stage: "train the network",
          done: event.step,
          total: epochs * Math.ceil(train.tokens.length / batchSize),
          ...(note.text !== "" && { note: note.text }),
        });
      }
      if (event.type === "epoch")
        note.text = `epoch ${event.epoch} of ${epochs}, loss ${event.loss.toFixed(3)}, span F1 ${event.validationMetric!.toFixed(3)} on validation`;
    },
  );
}

function taggerNetwork(codes: TokenCodes, places: number, classes: number): nn.Network {
  return nn.tagger({
    ...sizes,
    places,
    classes,
    words: wordCount(codes),
    characters: characterCount(codes),
    characterPlaces: codes.characterPlaces,
    flags: flagCount,
  });
}

/** Batches of sentences, filled up to the places of the network; filling has weight 0. */
function loaderOf(rows: CodedRows, options: nn.SourceLoaderOptions): nn.Loader {
  const { rowCount, places } = rows;
  return nn.sourceLoader(
    {
      rowCount,
      description: { sentences: rowCount, places },
      read(wanted) {
        const { inputs, tags } = rows.take(wanted);
        return {
          inputs,
          target: {
            dtype: "int64",
            shape: [wanted.length, places],
            data: BigInt64Array.from(tags, (tag) => BigInt(Math.max(0, tag))),
          },
          weight: Float32Array.from(tags, (tag) => Number(tag >= 0)),
        };
      },
    },
    options,
  );
}

/** Best span F1 over the offsets that a file may have. */
function spanMetric({ tokens, tags }: TaggedRows, decision: TagDecision): nn.FitMetric {
  return {
    name: "spanF1",
    better: "higher",
    score({ scores, rows }) {
      const sentences = [...rows].map((row) => tokens[row]!.length);
      const actual = [...rows].map((row) => tags[row]!);
      return bestOffset(actual, (offset) => tagsOfScores(scores, sentences, decision, offset)).f1;
    },
  };
}
