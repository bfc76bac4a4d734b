/**
 * The one file of a clustering: raw columns in, the name of the cluster out, and what stands beside it.
 *
 * The answer is a column of its own in the schema, with the role target, so that everything that reads a
 * model file finds the clusters where it finds the labels of a classifier.
 */
import type { Random } from "../core/index.ts";
import { graphInputs } from "../features/index.ts";
import { constant, gather, graph, simplify, type Value, writeOnnx } from "../graph/index.ts";
import { encodeMetadata, type ModelMetadata } from "../model/index.ts";
import { featureColumns, type Schema } from "../schema/index.ts";
import { batchOf } from "./compose.ts";
import { answerGolden } from "./golden.ts";

/** What a row that belongs to no cluster is called. */
export const noiseLabel = "-1";

/** What a clustering's graph gives, before its clusters have names. */
export interface ClusterOutputs {
  /** int64 [batch, 1]: index of the label. */
  readonly cluster: Value;
  readonly probabilities?: Value;
  readonly distances?: Value;
}

export interface ClusterModelParts {
  /** Columns of the table with their roles; features are inputs of the file. None has the role target. */
  readonly schema: Schema;
  /** Name of the answer; no column has it. */
  readonly answer: string;
  /** Names of the clusters in the order of their indices, `noiseLabel` last where there may be noise. */
  readonly labels: readonly string[];
  /** @param inputs - Graph inputs by column name, [batch, 1] each. */
  emit(inputs: ReadonlyMap<string, Value>): ClusterOutputs;
  readonly about: Required<Pick<ModelMetadata, "card" | "profile" | "data" | "recipe">>;
  readonly random: Random;
}

/** Composes the file and answers its golden rows by running it. @returns Its bytes. */
export async function composeClusters(parts: ClusterModelParts): Promise<Uint8Array> {
  const { labels, about } = parts;
  const names = featureColumns(parts.schema).map((column) => column.name);
  const inputs = graphInputs(parts.schema, names);
  const { cluster, probabilities, distances } = parts.emit(inputs);
  const dictionary = constant({ dtype: "string", shape: [labels.length], data: labels });
  const outputs = {
    prediction: gather(dictionary, cluster),
    ...(probabilities && { probabilities }),
    ...(distances && { distances }),
  };
  const schema: Schema = {
    columns: [
      ...parts.schema.columns,
      {
        name: parts.answer,
        kind: "category",
        role: "target",
        labels,
        ...(probabilities === undefined && { answers: distances === undefined ? "label" : "distances" }),
      },
    ],
  };
  const whole = simplify(graph({ inputs: [...inputs.values()], outputs }));
  const golden = await answerGolden(writeOnnx(whole), schema, about.profile, parts.random);
  const metadata = encodeMetadata({
    ...batchOf(whole),
    schema,
    task: { kind: "clustering", target: parts.answer },
    classes: labels,
    golden,
    ...about,
  });
  return writeOnnx(whole, { metadata });
}
