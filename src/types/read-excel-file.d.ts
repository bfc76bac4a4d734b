/** The part of read-excel-file that we use, so that the types stand where the optional package is not installed. */
declare module "read-excel-file/node" {
  export function readSheet(
    path: string,
    sheet: number,
    options: { readonly trim: boolean },
  ): Promise<readonly (readonly (string | number | boolean | Date | null)[])[]>;
}
