/** `wgflow merge`: joins the files of a command's shards to the file that one process would have written. */
import { createReadStream } from 'node:fs';
import { fileError } from '../../data/sourceFile.ts';
import { DataError, ShapeError } from '../../errors.ts';
import { requireDistinctFiles } from '../distinctFiles.ts';
import { openOutput } from '../outputFile.ts';
import { tellRows } from '../rowsOutput.ts';
import type { Session } from '../session.ts';
import { shardNote } from './shard.ts';
import type { ShardNote } from './shard.ts';

/** A shard's file; `header` and the start of its rows follow the note. */
interface ShardFile {
  file: string;
  note: ShardNote;
  header: string;
  /** Byte at which the rows begin. */
  start: number;
}

export async function mergeCommand(
  session: Session,
  files: readonly string[],
  { out }: { out: string },
): Promise<void> {
  requireDistinctFiles(
    'merge',
    [['--out', out]],
    files.map((file) => ['a shard', file]),
  );
  const shards: ShardFile[] = [];
  for (const file of files) shards.push(await readHead(file));
  const ordered = inOrder(shards);
  const [{ header, note }] = ordered;
  const output = await openOutput(out);
  try {
    await output.write(header);
    for (const { file, start, note: own } of ordered) {
      const records = new Records();
      for await (const bytes of createReadStream(file, { start }) as AsyncIterable<Buffer>) {
        session.signal.throwIfAborted();
        records.add(bytes);
        await output.write(bytes);
      }
      if (records.count !== own.rows) {
        const advice = 'The file is not whole: copy it again, or run its shard again.';
        throw new DataError(`found ${records.count} rows, expected ${own.rows}`, { file }, advice);
      }
    }
    await output.commit();
  } finally {
    await output.discard();
  }
  tellRows(session, note.total, out);
}

/** Counts the records of a CSV text that end. */
class Records {
  count = 0;
  #isQuoted = false;

  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === QUOTE) this.#isQuoted = !this.#isQuoted;
      else if (byte === LINE_FEED && !this.#isQuoted) this.count++;
    }
  }
}

const QUOTE = 0x22;
const LINE_FEED = 0x0a;

async function readHead(file: string): Promise<ShardFile> {
  let head = Buffer.alloc(0);
  try {
    for await (const bytes of createReadStream(file)) {
      head = Buffer.concat([head, bytes as Buffer]);
      const endOfNote = head.indexOf('\n') + 1;
      const note = shardNote(head.toString('utf8', 0, endOfNote));
      if (note === undefined) break;
      const start = head.indexOf('\n', endOfNote) + 1;
      if (start > 0) return { file, note, header: head.toString('utf8', endOfNote, start), start };
    }
  } catch (error) {
    throw fileError(file, error);
  }
  const advice = 'Give the files that a command wrote with --shard.';
  throw new DataError('found no note of a shard in the first line, expected one', { file }, advice);
}

/** The shards from the first to the last. @throws {ShapeError} when one is missing, doubled, or of other work */
function inOrder(shards: readonly ShardFile[]): [ShardFile, ...ShardFile[]] {
  const byNumber = new Map<number, ShardFile>();
  const [first] = shards;
  for (const shard of shards) {
    const { file, note, header } = shard;
    const other = byNumber.get(note.shard);
    if (other !== undefined) {
      throw new ShapeError(
        'merge',
        `shard ${note.shard} twice, ${other.file} and ${file}`,
        'each shard once',
      );
    }
    if (first !== undefined && (workOf(note) !== workOf(first.note) || header !== first.header)) {
      const advice = 'All shards must come from one command, with the same model, data and options.';
      throw new ShapeError(
        'merge',
        `${file}, a shard of other work than ${first.file}`,
        'shards of one work',
        advice,
      );
    }
    byNumber.set(note.shard, shard);
  }
  const count = first?.note.of ?? 0;
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((number) => !byNumber.has(number));
  if (missing.length > 0) {
    const named = missing.slice(0, 10).join(', ') + (missing.length > 10 ? ', …' : '');
    throw new ShapeError('merge', `${byNumber.size} of ${count} shards, without ${named}`, 'all shards');
  }
  const [one, ...others] = [...byNumber.values()].sort((a, b) => a.note.shard - b.note.shard);
  if (one === undefined) throw new ShapeError('merge', 'no files', 'the files of all shards');
  return [one, ...others];
}

/** What is the same in all shards of a work. */
function workOf({ command, of, total, work }: ShardNote): string {
  return JSON.stringify([command, of, total, work]);
}
