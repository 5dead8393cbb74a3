/** The bytes of a file, read a part at a time. */
export interface ByteSource {
  byteLength: number;
  /** The bytes from `start` to before `end`, by default to the end; fewer at the end of the file. */
  slice: (start: number, end?: number) => Promise<ArrayBuffer>;
}
