/** `millwright demo`: a narrated run on data that it makes. */
import type { DemoFlags } from "../demo/ml.ts";

export async function demo(
  work: "ml" | "dl",
  { out = `millwright-demo-${work}`, ...flags }: Omit<DemoFlags, "out"> & { readonly out?: string },
): Promise<void> {
  if (work === "ml") await (await import("../demo/ml.ts")).demoTable({ ...flags, out });
  else await (await import("../demo/dl.ts")).demoPictures({ ...flags, out });
}
