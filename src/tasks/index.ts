export * from "./tabular/index.ts";
export * from "./cluster/index.ts";
