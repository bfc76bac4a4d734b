/** The two that race on pictures or sounds, each as a file: a network, and the forest that it is held against. */
import type { Json } from "../../core/index.ts";
import { add, cast, div, inline, inputName, softmax, type Value } from "../../graph/index.ts";
import { type Network, scoresOf, scoringGraph } from "../../nn/index.ts";
import type { TrainedNetwork } from "../race/fit-network.ts";
import type { Entered } from "../race/judged-file.ts";
import type { ClassicalModel } from "./classical.ts";
import { composeMedia, type MediaModelParts } from "./compose.ts";
import type { Entrant } from "./race.ts";

export interface NetworkMember {
  readonly trained: TrainedNetwork;
  /** From the file's input, where training took another one. */
  readonly shipped: Network;
}

interface MediaEntrants {
  readonly network: {
    readonly name: string;
    readonly title: string;
    /** Networks whose mean is the answer; each scores the file's input, float32 [batch, classes]. */
    readonly members: readonly NetworkMember[];
    /** As the card tells it. */
    readonly recipe: Readonly<Record<string, Json>>;
  };
  readonly forest: {
    readonly title: string;
    readonly classical: ClassicalModel;
    /** From the input to figures. */
    readonly figures: (input: Value) => Value;
  };
}

/** @param about - What the file of an entrant says of itself. */
export async function enterRace(
  parts: Omit<MediaModelParts, "emit" | "about">,
  about: (entered: Entered) => MediaModelParts["about"],
  { network, forest }: MediaEntrants,
): Promise<Entrant[]> {
  const { members } = network;
  const [first, ...others] = members.map(({ trained }) => trained);
  const { fitted, seconds } = forest.classical;
  const enter = async (
    given: Pick<Entrant, "name" | "family" | "seconds">,
    entered: Entered,
    emit: MediaModelParts["emit"],
  ): Promise<Entrant> => ({
    ...given,
    title: entered.title,
    composed: await composeMedia({ ...parts, emit, about: about(entered) }),
  });
  return [
    await enter(
      {
        name: network.name,
        family: "network",
        seconds: members.reduce((sum, { trained }) => sum + trained.seconds, 0),
      },
      {
        title: network.title,
        parameters: {
          net: network.name,
          epochs: first!.epochs,
          ...(others.length > 0 && { members: members.length }),
          ...network.recipe,
        },
        summary: {
          parameters: first!.parameterCount,
          epoch: first!.bestEpoch,
          ...(others.length > 0 && { members: members.map(({ trained }) => trained.bestEpoch) }),
        },
      },
      (input) => meanOf(members.map((member) => sharesOf(member, input, others.length === 0))),
    ),
    await enter(
      { name: "random forest", family: "classical", seconds },
      { title: forest.title, parameters: { family: fitted.family }, summary: fitted.summary },
      (input) => fitted.emit(forest.figures(input)),
    ),
  ];
}

/** @param alone - Its weights keep their names, so that the file can be trained on. */
function sharesOf({ trained, shipped }: NetworkMember, input: Value, alone: boolean): Value {
  const { weights } = trained;
  const [name] = Object.keys(shipped.inputs);
  const scoring = alone ? scoringGraph(shipped, weights) : undefined;
  const scores = scoring
    ? inline(scoring, { [inputName(scoring.inputs[0]!)]: input })["scores"]!
    : scoresOf(shipped, weights, { [name!]: input });
  return softmax(cast(scores, "float64"), 1);
}

const meanOf = (shares: readonly Value[]): Value =>
  shares.length === 1 ? shares[0]! : div(shares.reduce(add), shares.length);
