/** A thread that changes the rows of the batches that it is sent, until it is told that there are no more. */
import { workerData } from "node:worker_threads";
import { serveLane } from "../../core/index.ts";
import { augmentation, inPlace } from "./augmentation.ts";
import { type ChangeRequest, changeRows, type ChangeWork, epochRandom, memoryOf } from "./change-rows.ts";

const { seed, recipes } = workerData as ChangeWork;
const changes = Object.entries(recipes).map(([name, { steps, shape, size }]) => ({
  ...{ name, size },
  change: inPlace(augmentation(steps), shape),
}));

function changeBatch({ epoch, rows, data }: ChangeRequest): ChangeRequest["data"] {
  const drawn = epochRandom(seed, epoch);
  for (const { name, change, size } of changes) changeRows(change, name, data[name]!, size, rows, drawn);
  return data;
}

serveLane(changeBatch, memoryOf, "Change rows with threads 0.");
