/** `--shard i/n`: one of n parts of a command's rows, which `wgflow merge` joins. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { readTable } from '../../data/readTable.ts';
import type { ColumnChoice, RowRange } from '../../data/readTable.ts';
import { sourceFile } from '../../data/sourceFile.ts';
import { ShapeError } from '../../errors.ts';
import type { TableForm } from '../tableOptions.ts';

/** The shard `index` of `count`, from 1. */
export interface ShardPlace {
  index: number;
  count: number;
}

/** What a command does in one of its shards. */
export interface Shard {
  rows: RowRange;
  /** The first line of its output, for `wgflow merge`. */
  note: string;
}

/** The facts in the first line of a shard. Shards of one work have the same, but for `shard`, `first` and `rows`. */
export interface ShardNote {
  command: string;
  shard: number;
  of: number;
  /** Index of its first row, and the number of its rows and of all. */
  first: number;
  rows: number;
  total: number;
  /** Hash of the models, the data and the options. */
  work: string;
}

const NOTE = '# wgflow shard ';

export const SHARD_OPTION = new Option(
  '--shard <i/n>',
  'only the i-th of n parts of the rows, for as many processes or machines; wgflow merge joins their files',
).argParser(shardPlace);

/** `2/4`. */
export function shardPlace(text: string): ShardPlace {
  const [, index, count] = (/^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).map(Number);
  if (index !== undefined && count !== undefined && index >= 1 && index <= count) return { index, count };
  throw new InvalidArgumentError('Expected a part i/n from 1/n to n/n, such as 2/4.');
}

/** The part of `total` things that belongs to the shard: its first, and the one after its last. */
export function partOf(total: number, { index, count }: ShardPlace): RowRange {
  // 10¹² rows in 10⁹ shards are beyond the integers of float64.
  const edge = (part: number): number => Number((BigInt(total) * BigInt(part)) / BigInt(count));
  return { first: edge(index - 1), end: edge(index) };
}

/** Options of a command that does not work shard by shard; undefined ones do not count. */
export interface ShardedCommand {
  command: string;
  /** Files whose content the result depends on. */
  files: readonly string[];
  out: string;
  /** Options that the result depends on. */
  options: Readonly<Record<string, unknown>>;
  /** Options that need all rows. */
  whole?: Readonly<Record<string, unknown>>;
}

/** The shard of a command over `total` rows. @throws {ShapeError} when another option needs all rows, or there is no file */
export async function shardOf(place: ShardPlace, total: number, asked: ShardedCommand): Promise<Shard> {
  const { command, files, options } = asked;
  requireShardable(place, asked);
  const work = createHash('sha256').update(JSON.stringify([command, total, options]));
  for (const file of files) {
    const { path } = await sourceFile(file);
    for await (const bytes of createReadStream(path)) work.update(bytes as Buffer);
  }
  const rows = partOf(total, place);
  const note: ShardNote = {
    command,
    shard: place.index,
    of: place.count,
    first: rows.first,
    rows: rows.end - rows.first,
    total,
    work: work.digest('hex').slice(0, 32),
  };
  return { rows, note: `${NOTE}${JSON.stringify(note)}\n` };
}

/** Any column will do to count the rows. */
const firstColumn: ColumnChoice = (_, __, all) => all.slice(0, 1);

/** The shard of a command over the rows of a table, which are counted first. */
export async function tableShard(
  place: ShardPlace,
  table: string,
  form: TableForm,
  asked: ShardedCommand,
): Promise<Shard> {
  requireShardable(place, asked);
  let total = 0;
  const count = { ...form, columns: [], kept: firstColumn };
  for await (const { rows } of readTable(table, count)) total += rows;
  return shardOf(place, total, { ...asked, files: [...asked.files, table] });
}

function requireShardable({ index, count }: ShardPlace, { command, out, whole = {} }: ShardedCommand): void {
  const found = `--shard ${index}/${count}`;
  for (const [option, value] of Object.entries(whole)) {
    if (value === undefined || value === false) continue;
    throw new ShapeError(command, `${found} with ${option}`, 'one of them', `${option} needs all rows.`);
  }
  if (out === '-')
    throw new ShapeError(command, `${found} without --out`, 'a file for the shard', 'Add --out FILE.');
}

/** The facts in the first line of a shard's file; undefined if it is another file. */
export function shardNote(line: string): ShardNote | undefined {
  if (!line.startsWith(`${NOTE}{`)) return undefined;
  try {
    const note = JSON.parse(line.slice(NOTE.length)) as Partial<ShardNote>;
    const numbers = [note.shard, note.of, note.first, note.rows, note.total];
    if (typeof note.command !== 'string' || typeof note.work !== 'string') return undefined;
    return numbers.every(Number.isSafeInteger) ? (note as ShardNote) : undefined;
  } catch {
    return undefined;
  }
}
