/** Versions that the writer emits. */

/** Opset of the standard domain. */
export const opsetVersion = 21;
/** Version of the file format. */
export const irVersion = 10;
