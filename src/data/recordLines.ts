/** The lines on which the records of a text begin. */
import { isHashed, linesOf } from './beginning.ts';

const [LINE_FEED, CARRIAGE_RETURN] = [10, 13];

/** Counts the lines of a text that comes block by block. A line ends with \n, \r\n or \r. */
export class RecordLines {
  /** Lines before the next byte, and that byte's place in the text. */
  #lines: number;
  #place = 0;
  /** The byte before it. */
  #last = LINE_FEED;
  /** The bytes from there on. */
  #rest: Uint8Array[] = [];

  /** @param above number of lines above the text */
  constructor(above: number) {
    this.#lines = above;
  }

  add(block: Uint8Array): void {
    this.#rest.push(block);
  }

  /** The first line of a record with these cells; with its line end, if it has one, it ends after `bytes` bytes. */
  of(cells: readonly string[], bytes: number): number {
    for (let [block] = this.#rest; block !== undefined && this.#place < bytes; [block] = this.#rest) {
      this.#rest.shift();
      this.#takeFrom(block, bytes);
    }
    const isOpen = this.#last !== LINE_FEED && this.#last !== CARRIAGE_RETURN;
    const inside = cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
    return this.#lines + Number(isOpen) - inside;
  }

  /** The line of the first byte after that record that begins another one. @param hasComments whether # begins a comment */
  next(hasComments: boolean): number {
    const decoder = new TextDecoder();
    const text = this.#rest.map((block) => decoder.decode(block, { stream: true })).join('');
    return this.#lines + (linesOf(text).find((line) => !hasComments || !isHashed(line))?.line ?? 1);
  }

  #takeFrom(block: Uint8Array, bytes: number): void {
    const end = Math.min(block.length, bytes - this.#place);
    for (let i = 0; i < end; i++) {
      const byte = block[i] ?? 0;
      if (byte === CARRIAGE_RETURN || (byte === LINE_FEED && this.#last !== CARRIAGE_RETURN)) this.#lines++;
      this.#last = byte;
    }
    this.#place += end;
    if (end < block.length) this.#rest.unshift(block.subarray(end));
  }
}
