/**
 * The one file of rows with any number of labels: raw columns in, a probability a label, and as prediction the labels
 * whose probability reaches their threshold, in one text.
 */
import type { Random } from "../core/index.ts";
import { graphInputs } from "../features/index.ts";
import {
  add,
  and,
  constant,
  graph,
  greaterOrEqual,
  inline,
  inputName,
  mul,
  or,
  scalar,
  simplify,
  slice,
  stringConcat,
  type Value,
  where,
  writeOnnx,
} from "../graph/index.ts";
import type { ModelMetadata } from "../model/index.ts";
import { featureColumns, type Schema } from "../schema/index.ts";
import { type ComposedModel, composedOf, type Member } from "./compose.ts";
import { readFragments } from "./fragments.ts";
import { answerGolden } from "./golden.ts";

export interface LabelModelParts {
  /** Columns of the table with their roles; the answer's column has another role than feature. */
  readonly schema: Schema;
  /** Name of the answer. */
  readonly target: string;
  readonly labels: readonly string[];
  /** From which probability on each label is answered. */
  readonly thresholds: readonly number[];
  /** What stands between the labels of a prediction. */
  readonly separator: string;
  /** Columns of yes and no that the labels come from, where it is not one column of lists. */
  readonly columns?: readonly string[];
  /** Share of each label in training. */
  readonly constant: readonly number[];
  /** Fragments whose `answer` is [batch, labels]. */
  readonly members: readonly Member[];
  readonly about: Required<Pick<ModelMetadata, "card" | "profile" | "data" | "recipe">>;
  readonly random: Random;
}

/** Composes the graph and answers its golden rows by running it. */
export async function composeLabels(parts: LabelModelParts): Promise<ComposedModel> {
  const { target, labels, thresholds, separator, columns, about } = parts;
  const fragments = readFragments(parts.members);
  const used = new Set(fragments.flatMap((fragment) => fragment.inputs.map(inputName)));
  const schema: Schema = {
    columns: [
      ...parts.schema.columns
        .filter(({ name }) => name !== target)
        .map((column) =>
          column.role === "feature" && !used.has(column.name)
            ? { ...column, role: "ignore" as const }
            : column,
        ),
      { name: target, kind: "category", role: "target", labels, answers: "labels" },
    ],
  };
  const inputs = graphInputs(
    schema,
    featureColumns(schema).map(({ name }) => name),
  );
  const answers = fragments.map((fragment, index) =>
    mul(inline(fragment, inputs)["answer"]!, parts.members[index]!.weight),
  );
  const probabilities = answers.reduce((sum, answer) => add(sum, answer));
  const outputs = { prediction: joined(probabilities, labels, thresholds, separator), probabilities };
  const whole = simplify(graph({ inputs: [...inputs.values()], outputs }));
  const golden = await answerGolden(writeOnnx(whole), schema, about.profile, parts.random);
  return composedOf(whole, {
    schema,
    task: {
      kind: "multilabel",
      target,
      thresholds: [...thresholds],
      separator,
      ...(columns && { columns: [...columns] }),
      constant: [...parts.constant],
    },
    classes: labels,
    golden,
    ...about,
  });
}

/** The labels at or above their thresholds with the separator between: string [batch, 1]. */
function joined(
  probabilities: Value,
  labels: readonly string[],
  thresholds: readonly number[],
  separator: string,
): Value {
  const text = (value: string): Value => constant({ dtype: "string", shape: [1, 1], data: [value] });
  let said: Value | undefined;
  let any: Value | undefined;
  labels.forEach((label, k) => {
    const share = slice(probabilities, [k], [k + 1], [1]);
    const borne = greaterOrEqual(share, thresholds[k]!);
    const own = where(borne, text(label), scalar("string", ""));
    if (said === undefined || any === undefined) {
      said = own;
      any = borne;
      return;
    }
    const between = where(and(any, borne), text(separator), scalar("string", ""));
    said = stringConcat(stringConcat(said, between), own);
    any = or(any, borne);
  });
  return said!;
}
