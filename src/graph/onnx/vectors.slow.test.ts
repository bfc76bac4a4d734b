import { afterAll, test } from "vitest";
import { checkVector, exceptions, readVectors } from "../../../test/onnx-vectors.ts";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import { releaseIdleSessions } from "../../runtime/index.ts";

describeWithSharedData("all ONNX test vectors (relative 1e-3, absolute 1e-5)", (folder) => {
  afterAll(releaseIdleSessions);
  const usable = readVectors(folder).filter(({ name }) => !(name in exceptions));
  test.each(usable.map((vector) => [vector.name, vector] as const))("%s", async (_name, vector) => {
    await checkVector(vector);
  });
});
