/** The part of fzstd that we use, so that the types stand where the optional package is not installed. */
declare module "fzstd" {
  export class Decompress {
    constructor(ondata: (bytes: Uint8Array, last?: boolean) => void);
    push(bytes: Uint8Array, last?: boolean): void;
  }
}
