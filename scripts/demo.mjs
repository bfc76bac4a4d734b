// The repository's demo: the main job on real data that comes with a development dependency.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const weather = fileURLToPath(new URL("../data/seattle-weather.csv", import.meta.resolve("vega-datasets")));
const millwright = (...args) => {
  console.log(
    `\n$ npx millwright ${args.map((word) => (word === weather ? "seattle-weather.csv" : word)).join(" ")}\n`,
  );
  const { status } = spawnSync(process.execPath, ["dist/cli/main.js", ...args], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};

millwright("look", weather, "--target", "weather");
millwright("train", weather, "--target", "weather", "--budget", "20", "--out", "out/demo");
millwright("predict", "out/demo/model.onnx", weather, "-o", "out/demo/predictions.csv");
