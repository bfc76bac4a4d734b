/** The two that race on pictures or sounds, each as a file: a network, and the forest that it is held against. */
import type { Json } from "../../core/index.ts";
import { cast, type Graph, inline, inputName, softmax, type Value } from "../../graph/index.ts";
import type { TrainedNetwork } from "../race/fit-network.ts";
import type { Entered } from "../race/judged-file.ts";
import type { ClassicalModel } from "./classical.ts";
import { composeMedia, type MediaModelParts } from "./compose.ts";
import type { Entrant } from "./race.ts";

interface MediaEntrants {
  readonly network: {
    readonly name: string;
    readonly title: string;
    readonly trained: TrainedNetwork;
    /** As the card tells it. */
    readonly recipe: Readonly<Record<string, Json>>;
    /** Scores of the input, float32 [batch, classes]. */
    readonly scoring: Graph;
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
  const { trained, scoring } = network;
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
      { name: network.name, family: "network", seconds: trained.seconds },
      {
        title: network.title,
        parameters: { net: network.name, epochs: trained.epochs, ...network.recipe },
        summary: { parameters: trained.parameterCount, epoch: trained.bestEpoch },
      },
      (input) =>
        softmax(cast(inline(scoring, { [inputName(scoring.inputs[0]!)]: input })["scores"]!, "float64"), 1),
    ),
    await enter(
      { name: "random forest", family: "classical", seconds },
      { title: forest.title, parameters: { family: fitted.family }, summary: fitted.summary },
      (input) => fitted.emit(forest.figures(input)),
    ),
  ];
}
