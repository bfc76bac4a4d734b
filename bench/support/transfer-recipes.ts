/** How `bench/image-accuracy.ts transfer` learns five classes of many pictures, then the others of few. */

/** A way to learn few pictures: the largest rate, and epochs of five steps. */
export interface FewSteps {
  readonly learningRate: number;
  readonly epochs: number;
}

export interface TransferRecipe {
  readonly learningRate: number;
  readonly epochs: number;
  /** The first five are told from each other and from their quarter turns: 20 classes, with pieces missing. */
  readonly turns: boolean;
  /** Rate of what the network knows, by that of its new head. */
  readonly bodyRate: number;
  /** Ways to go on with what it knows. */
  readonly warm: readonly FewSteps[];
  /** Ways to learn the same pictures from nothing. */
  readonly cold: readonly FewSteps[];
}

export const ofConvolutions: TransferRecipe = {
  learningRate: 0.006,
  epochs: 2,
  turns: false,
  bodyRate: 0.1,
  warm: [10, 40].map((epochs) => ({ learningRate: 0.02, epochs })),
  cold: [10, 40, 80].map((epochs) => ({ learningRate: 0.006, epochs })),
};

export const ofPatches: TransferRecipe = {
  learningRate: 0.002,
  epochs: 24,
  turns: true,
  bodyRate: 0.4,
  warm: [40, 120].map((epochs) => ({ learningRate: 0.005, epochs })),
  cold: [
    { learningRate: 0.002, epochs: 120 },
    { learningRate: 0.004, epochs: 120 },
    { learningRate: 0.002, epochs: 300 },
  ],
};
