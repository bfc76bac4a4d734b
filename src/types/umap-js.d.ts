/** The part of umap-js that we use, so that the types stand where the optional package is not installed. */
declare module "umap-js" {
  export class UMAP {
    constructor(options: {
      readonly nNeighbors: number;
      readonly nEpochs: number;
      readonly random: () => number;
    });
    /** Each row's nearest rows and their distances, the row itself first. */
    setPrecomputedKNN(indices: readonly number[][], distances: readonly number[][]): void;
    /** @returns The number of epochs. */
    initializeFit(rows: readonly number[][]): number;
    step(): number;
    /** The rows' places, which steps move: not a copy. */
    getEmbedding(): number[][];
  }
}
