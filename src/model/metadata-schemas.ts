/**
 * The JSON Schema (draft 2020-12) of every metadata key of a model file.
 *
 * This table is the contract: the types in metadata.ts are inferred from it,
 * `load` checks a file against it, and docs/model-file.md prints it. A change that
 * an old reader cannot take raises `formatVersion`.
 */
import type { JsonSchema } from "./json-schema.ts";

/** Version of the file's contract. */
export const formatVersion = 1;

const string = { type: "string" } as const;
const count = { type: "integer", minimum: 0 } as const;
const share = { type: "number", minimum: 0, maximum: 1 } as const;
const any = {} as const;

const column = {
  name: { type: "string", minLength: 1 },
  role: { enum: ["feature", "target", "weight", "group", "time", "id", "sensitive", "ignore"] },
  missing: { type: "array", items: string, description: "Cells that mean missing besides the empty one." },
} as const;
const labels = {
  type: "array",
  items: string,
  description: "Of the target: its classes, equal to millwright.classes.",
} as const;
const numberFormat = {
  type: "object",
  properties: {
    decimal: { enum: [".", ","] },
    thousands: { enum: [",", ".", " ", "'"] },
    currency: string,
    percent: { type: "boolean" },
  },
  required: [],
  additionalProperties: false,
} as const;
const named = ["name", "kind", "role"] as const;

/** A column as `Schema` has it. */
const columnSchema = {
  anyOf: [
    {
      type: "object",
      properties: {
        ...column,
        kind: { enum: ["number"] },
        dtype: { enum: ["float32", "float64"], description: "Type of the graph's input." },
        format: { ...numberFormat, description: "How numbers are written in a text file." },
        wordsAreMissing: { enum: [true], description: "Cells of a text file without a digit are missing." },
        horizon: {
          type: "integer",
          minimum: 1,
          description: "Of the target of a forecast: how many of its next values an answer holds.",
        },
        coverage: {
          ...share,
          description:
            "The same: the share of values that the intervals `low` to `high` are made to hold; absent where there are none.",
        },
      },
      required: [...named, "dtype"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        ...column,
        kind: { enum: ["category"] },
        numeric: { enum: [true], description: 'The values are numbers: 7, "7" and "7.0" are "7".' },
        labels,
        answers: {
          enum: ["distances", "label", "labels", "tags"],
          description:
            "Of a target: what stands beside the label of a clustering, or that nothing does; `labels` where a row may bear several, `tags` for one a token; one label and probabilities where absent.",
        },
      },
      required: named,
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        ...column,
        kind: { enum: ["boolean"] },
        written: {
          type: "array",
          items: string,
          minItems: 2,
          maxItems: 2,
          description: "How true and false are written in a text file.",
        },
        labels,
      },
      required: named,
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        ...column,
        kind: { enum: ["datetime"] },
        clock: {
          enum: ["instant", "wall"],
          description: "A point in time with a zone, or what a clock on the wall showed, read as UTC.",
        },
        order: { enum: ["ymd", "dmy", "mdy"], description: "Order of the parts in a text file." },
      },
      required: [...named, "clock"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: { ...column, kind: { enum: ["text", "id"] } },
      required: named,
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        ...column,
        kind: { enum: ["image"] },
        height: { type: "integer", minimum: 1, description: "Pixels down." },
        width: { type: "integer", minimum: 1, description: "Pixels across." },
        channels: { enum: [1, 3], description: "3 for RGB, 1 for grey." },
        fit: {
          enum: ["cover", "contain", "stretch"],
          description:
            "How a picture of another shape comes to this one: its middle is taken, it is filled up with white, or its proportions change.",
        },
      },
      required: [...named, "height", "width", "channels", "fit"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        ...column,
        kind: { enum: ["audio"] },
        rate: { type: "integer", minimum: 1, description: "Samples a second." },
        length: {
          type: "integer",
          minimum: 1,
          description:
            "Samples of a sound: the stretch around the centre of its energy, with silence beyond its ends.",
        },
      },
      required: [...named, "rate", "length"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        ...column,
        kind: { enum: ["sequence"] },
        steps: {
          type: "integer",
          minimum: 1,
          description: "Rows of a table, in the order of their time, that the graph takes at once.",
        },
        columns: {
          type: "array",
          items: string,
          minItems: 1,
          uniqueItems: true,
          description:
            "The numbers of a row, in the order of the graph's input [batch, steps, columns]; NaN is missing.",
        },
        pad: {
          enum: ["before", "behind"],
          description: "Where rows of NaN stand that fill up a shorter sequence.",
        },
      },
      required: [...named, "steps", "columns", "pad"],
      additionalProperties: false,
    },
    {
      type: "object",
      properties: {
        ...column,
        kind: { enum: ["tokens"] },
        places: {
          type: "integer",
          minimum: 1,
          description: "Most tokens of a sentence; the places behind the last one hold the empty string.",
        },
      },
      required: [...named, "places"],
      additionalProperties: false,
    },
  ],
} as const;

const histogram = {
  type: "object",
  properties: {
    kind: { enum: ["histogram"] },
    missing: { ...share, description: "Share of the rows without a value." },
    edges: {
      type: "array",
      items: { type: "number" },
      description: "Inner edges, ascending; k edges make k + 1 bins.",
    },
    shares: {
      type: "array",
      items: share,
      description: "Share of all rows in each bin, value < edge to the left.",
    },
    mean: { type: "number" },
    deviation: { type: "number", minimum: 0, description: "Standard deviation." },
  },
  required: ["kind", "missing", "edges", "shares"],
  additionalProperties: false,
} as const;
const frequencies = {
  type: "object",
  properties: {
    kind: { enum: ["frequencies"] },
    missing: { ...share, description: "Share of the rows without a value." },
    values: {
      type: "array",
      items: string,
      uniqueItems: true,
      description: "Values held by at least 5 rows.",
    },
    shares: { type: "array", items: share, description: "Share of all rows that hold each value." },
    other: { ...share, description: "Share of the rows that hold any other value." },
  },
  required: ["kind", "missing", "values", "shares", "other"],
  additionalProperties: false,
} as const;
const distribution = { anyOf: [histogram, frequencies] } as const;

/** Metadata key → its JSON Schema. `description` is the key's sentence in docs/model-file.md. */
export const metadataSchemas = {
  "millwright.format": {
    enum: [formatVersion],
    description: "Version of this contract.",
  },
  "millwright.schema": {
    type: "object",
    properties: { columns: { type: "array", items: columnSchema, minItems: 1 } },
    required: ["columns"],
    additionalProperties: false,
    description:
      "Every column with role feature is an input of the graph; the target is the column that is predicted.",
  },
  "millwright.task": {
    type: "object",
    properties: {
      kind: {
        enum: [
          "regression",
          "binary",
          "multiclass",
          "ordinal",
          "multilabel",
          "clustering",
          "forecast",
          "tags",
        ],
        description:
          "`ordinal`: the classes are levels from the least to the most, and the prediction is the median; `forecast`: the next values of the target, the nearest first; `tags`: one label a token.",
      },
      target: {
        ...string,
        description:
          "The column that is predicted; of a clustering, a name for the answer, which no table has.",
      },
      positive: { ...string, description: "Of a binary task: the label that the metrics are about." },
      threshold: {
        ...share,
        description:
          "Of a binary task: the prediction is `positive` from this probability on; 0.5 unless told.",
      },
      thresholds: {
        type: "array",
        items: share,
        minItems: 1,
        description:
          "Of a multilabel task: a label is answered from this probability on, in the order of `millwright.classes`.",
      },
      separator: {
        ...string,
        description: "Of a multilabel task: what stands between the labels of a prediction.",
      },
      columns: {
        type: "array",
        items: string,
        minItems: 1,
        description:
          "Of a multilabel task: the columns that say yes or no to each label, where it was not one column of lists.",
      },
      step: {
        type: "number",
        minimum: 0,
        description: "Of a forecast: the time from a row to the next.",
      },
      stepUnit: {
        enum: ["milliseconds", "months", "number"],
        description: "Of a forecast: what `step` counts; `number` where the time is no date.",
      },
      season: {
        type: "integer",
        minimum: 1,
        description:
          "Of a forecast: doing nothing answers the value so many steps before each next one, where it is known; 1 is the last known value.",
      },
      constant: {
        type: "array",
        items: { type: "number" },
        minItems: 1,
        description:
          "What doing nothing answers: the mean of the target in training, or the share of each class in the order of `millwright.classes`.",
      },
    },
    required: ["kind", "target"],
    additionalProperties: false,
    description: "What is predicted.",
  },
  "millwright.classes": {
    type: "array",
    items: string,
    minItems: 1,
    uniqueItems: true,
    description:
      "The labels, in the order of the output `probabilities` or `distances`; a clustering's label `-1` is a row that belongs to no cluster.",
  },
  "millwright.golden": {
    type: "object",
    properties: {
      inputs: {
        type: "object",
        additionalProperties: {
          type: "array",
          items: { anyOf: [{ type: "number" }, string, { type: "null" }] },
        },
        description:
          "Column → cells as the graph takes them; null is NaN or the empty string; a picture is base64 of its bytes, a sound of its float32 samples, a sequence of its float64 numbers, lowest byte first, a sentence its tokens with blanks between.",
      },
      prediction: {
        type: "array",
        items: { anyOf: [{ type: "number" }, string, { type: "array", items: { type: "number" } }] },
      },
      probabilities: { type: "array", items: { type: "array", items: { type: "number" } } },
      distances: { type: "array", items: { type: "array", items: { type: "number" } } },
      low: { type: "array", items: { type: "array", items: { type: "number" } } },
      high: { type: "array", items: { type: "array", items: { type: "number" } } },
    },
    required: ["inputs", "prediction"],
    additionalProperties: false,
    description: "Synthetic rows and the answers of the graph, compared at load to 1e-6 relative.",
  },
  "millwright.card": {
    type: "object",
    properties: {
      summary: { ...string, description: "One sentence: what is predicted from what." },
      members: {
        type: "array",
        items: {
          type: "object",
          properties: {
            family: string,
            weight: { ...share, description: "Share in the blend; 1 for a single model." },
            parameters: any,
            summary: { description: "Size and outcome of the fit." },
          },
          required: ["family", "weight", "parameters"],
          additionalProperties: false,
        },
        description: "The models inside.",
      },
      policy: {
        type: "object",
        additionalProperties: string,
        description: "Situation → what happens: missing column, wrong kind, missing cell, unseen category.",
      },
      leftOut: {
        type: "array",
        items: {
          type: "object",
          properties: { column: string, reason: string },
          required: ["column", "reason"],
          additionalProperties: false,
        },
        description: "Columns of the table that the model does not read.",
      },
      notes: { type: "array", items: string, description: "What a user must know, a sentence each." },
      software: { ...string, description: "Name and version of the writer." },
    },
    required: ["summary", "members", "policy", "software"],
    additionalProperties: false,
    description: "The model card: what it is, how it was made and what it does with odd rows.",
  },
  "millwright.metrics": {
    type: "object",
    properties: {
      rows: { ...string, description: "Which rows: `test` for rows that nothing else looked at." },
      rowCount: count,
      values: {
        type: "array",
        items: {
          type: "object",
          properties: {
            name: string,
            value: { type: "number" },
            low: { type: "number", description: "Lower end of the 95 % interval." },
            high: { type: "number", description: "Upper end of the 95 % interval." },
            baseline: { type: "number", description: "The same metric of the constant model." },
          },
          required: ["name", "value"],
          additionalProperties: false,
        },
      },
    },
    required: ["rows", "rowCount", "values"],
    additionalProperties: false,
    description: "How good the file is, computed by running it.",
  },
  "millwright.data": {
    type: "object",
    properties: {
      rowCount: count,
      columnCount: count,
      sha256: { type: "string", pattern: "^[0-9a-f]{64}$", description: "Fingerprint of the cells." },
    },
    required: ["rowCount", "columnCount", "sha256"],
    additionalProperties: false,
    description: "Fingerprint of the training table.",
  },
  "millwright.profile": {
    type: "object",
    properties: {
      rowCount: count,
      columns: { type: "object", additionalProperties: distribution },
      prediction: {
        ...distribution,
        description: "Of the file's answers; of a binary task, of the positive probability.",
      },
    },
    required: ["rowCount", "columns"],
    additionalProperties: false,
    description: "Distribution of each column in training, the reference that drift is measured against.",
  },
  "millwright.batch": {
    type: "object",
    properties: {
      rows: { type: "integer", minimum: 1, maximum: 1024, description: "Most rows of one run." },
    },
    required: ["rows"],
    additionalProperties: false,
    description:
      "How many rows to give the graph at once, so that no value between its inputs and its answers passes 32 MB.",
  },
  "millwright.recipe": {
    type: "object",
    properties: {
      seed: { type: "integer" },
      options: { description: "The options of the run." },
      members: {
        type: "array",
        items: {
          type: "object",
          properties: {
            name: { ...string, description: "Its random choices follow from the seed and this name." },
            family: string,
            parameters: any,
            weight: { ...share, description: "Share in the blend; 1 for a single model." },
          },
          required: ["name", "family", "parameters", "weight"],
          additionalProperties: false,
        },
        minItems: 1,
        description: "What was chosen, so that it can be fitted again without a search.",
      },
      software: string,
    },
    required: ["seed", "options", "software"],
    additionalProperties: false,
    description: "What makes the same file again from the same table.",
  },
} as const satisfies Readonly<Record<`millwright.${string}`, JsonSchema>>;
