/** A thread that changes the samples that it is sent, until it is told that there are no more. */
import { workerData } from "node:worker_threads";
import { createRandom, serveLane } from "../../core/index.ts";
import { augmentation } from "./augmentation.ts";
import { changeSome, type SampleRequest, type SampleWork } from "./change-samples.ts";
import type { Sample } from "./step.ts";

const { steps, seed } = workerData as SampleWork;
const change = augmentation(steps);
const random = createRandom(seed);

serveLane<SampleRequest, Sample[]>(
  (request) => changeSome(change, request, random),
  (samples) => samples.map(({ data }) => data.buffer as ArrayBuffer),
  "Change samples with threads 0.",
);
