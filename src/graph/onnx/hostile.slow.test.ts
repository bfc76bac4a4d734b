import { expect, test } from "vitest";
import { fuzz } from "../../../test/onnx-fuzz.ts";
import { readVectors } from "../../../test/onnx-vectors.ts";
import { describeWithSharedData } from "../../../test/shared-data.ts";

describeWithSharedData("mutations of the ONNX test vectors", (folder) => {
  const files = readVectors(folder)
    .map((vector) => vector.model)
    .filter((bytes) => bytes.length < 20_000);

  test.each([0, 1, 2, 3])("50,000 from seed %i00000 are read or refused, never a crash", (block) => {
    expect(fuzz(files, block * 100_000, 50_000)).toBeGreaterThan(5_000);
  });
});
