/** The log of a run: each event as a line of JSON, in the file as soon as it happens. */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * Lines are kept in memory until `begin`, so that a run with bad input leaves an earlier log alone. From then on each is
 * written by a system call, which a killed process leaves complete. The end of the run syncs them to the disk.
 */
export class RunLog {
  readonly file: string;
  readonly #warn: (line: string) => void;
  readonly #early: string[] = [];
  #descriptor: number | undefined;
  #hasFailed = false;

  /** @param warn takes a sentence if the file can no longer be written; the run goes on without it */
  constructor(file: string, warn: (line: string) => void) {
    this.file = file;
    this.#warn = warn;
  }

  /**
   * Opens the file, once.
   * @param continues whether lines that the file has already stay
   * @throws the system's error when the file cannot be opened
   */
  begin(continues: boolean): void {
    if (this.#descriptor !== undefined) return;
    this.#descriptor = openSync(this.file, continues ? 'a+' : 'w+');
    if (endsWithin(this.#descriptor)) this.#write('\n');
    for (const line of this.#early.splice(0)) this.add(line);
  }

  add(line: string): void {
    if (this.#descriptor === undefined) this.#early.push(line);
    else this.#write(`${line}\n`);
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    try {
      if (fstatSync(this.#descriptor).isFile()) fsyncSync(this.#descriptor);
      closeSync(this.#descriptor);
    } catch (error) {
      this.#fail(error);
    }
  }

  #write(text: string): void {
    if (this.#hasFailed || this.#descriptor === undefined) return;
    try {
      writeSync(this.#descriptor, text);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#warn(`Warning: ${this.file}: ${reason}. The log ends here; the run continues.`);
  }
}

/** Whether a file ends within a line, as after a full disk. */
function endsWithin(descriptor: number): boolean {
  const stats = fstatSync(descriptor);
  if (!stats.isFile() || stats.size === 0) return false;
  const last = new Uint8Array(1);
  readSync(descriptor, last, 0, 1, stats.size - 1);
  return last[0] !== 0x0a;
}
