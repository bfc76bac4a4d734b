/** A thread that decodes the files that it is sent, until it is told that there are no more. */
import { workerData } from "node:worker_threads";
import { serveLane } from "../../core/index.ts";
import { type Content, decodeHere, type DecodeWork, memoryOf } from "./decode-file.ts";
import type { Decoded } from "./media.ts";

const work = workerData as DecodeWork;

serveLane<string, Decoded<Content>>((path) => decodeHere(work, path), memoryOf, "Decode with threads 1.");
