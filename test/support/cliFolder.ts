/** A folder of files for the command line, and the results of its runs. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CliResult {
  /** As a shell reports it: 128 + n for a process that signal n ended. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** The lines of stdout as JSON; throws if one is not. */
  events: () => Record<string, unknown>[];
}

export interface RunOptions {
  env?: Record<string, string>;
  /** The command opens a device itself, as a process does; by default it uses the one of the tests. */
  ownDevice?: boolean;
}

export interface ProcessOptions extends RunOptions {
  /** What the process reads from standard input. */
  input?: string | Uint8Array;
  /** A shell's redirections, such as `>&-`. */
  redirect?: string;
}

export class CliFolder {
  readonly folder: string;

  protected constructor(folder: string) {
    this.folder = folder;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.path(name), content);
  }

  bytes(name: string): Uint8Array {
    return new Uint8Array(readFileSync(this.path(name)));
  }

  /** Names of all files and folders, including hidden ones. */
  files(): string[] {
    return readdirSync(this.folder).sort();
  }

  /** A table that the command line wrote. */
  table(name: string): { columns: string[]; rows: number[][] } {
    return parseTable(readFileSync(this.path(name), 'utf8'));
  }
}

export function parseTable(text: string): { columns: string[]; rows: number[][] } {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  return { columns: header.split(','), rows: lines.map((line) => line.split(',').map(Number)) };
}

/** Arguments that are separated by spaces. */
export function words(args: string): string[] {
  return args.split(' ').filter((word) => word !== '');
}

/** The lines of stdout as JSON. */
export function events(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
