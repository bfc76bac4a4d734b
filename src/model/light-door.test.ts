/** What an application loads with `millwright/model`: the import graph, dynamic imports included. */
import { build } from "esbuild";
import { expect, test } from "vitest";

test("the door reaches core, schema, graph, runtime and model, and no package but ONNX Runtime", async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: ["src/model/index.ts"],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    write: false,
    metafile: true,
  });
  const files = Object.keys(metafile.inputs);
  expect(files.length).toBeGreaterThan(30);
  const folders = new Set(files.map((file) => /^src\/([^/]+)\//.exec(file)?.[1]));
  expect(folders).toEqual(new Set(["core", "schema", "graph", "runtime", "model"]));
  const [output] = Object.values(metafile.outputs);
  expect([...new Set(output!.imports.map((item) => item.path))]).toEqual(["onnxruntime-web"]);
  // A computed import is invisible above: the only one is the native package, by its name in a constant.
  const computed = outputFiles[0]!.text.match(/import\((?!["'$])[^)]*\)/g);
  expect(computed?.map((each) => each.replace(/\/\*.*?\*\/|\s/gs, ""))).toEqual(["import(nativePackage)"]);
  expect(outputFiles[0]!.text).toContain('nativePackage = "onnxruntime-node"');
});
