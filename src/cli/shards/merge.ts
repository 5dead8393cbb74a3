/** `wgflow merge`: joins the files of a command's shards to the file that one process would have written. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
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

/** Most bytes of a note and a header. */
const HEAD_BYTES = 2 ** 24;

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
  const shards = await Promise.all(files.map(readHead));
  const ordered = inOrder(shards);
  const [{ header, note }] = ordered;
  const output = await openOutput(out);
  try {
    await output.write(header);
    for (const { file, start } of ordered) {
      for await (const bytes of createReadStream(file, { start })) {
        session.signal.throwIfAborted();
        await output.write(bytes as Buffer);
      }
    }
    await output.commit();
  } finally {
    await output.discard();
  }
  tellRows(session, note.total, out);
}

async function readHead(file: string): Promise<ShardFile> {
  const handle = await open(file).catch((error: unknown) => {
    throw new DataError('cannot be opened', { file }, error instanceof Error ? error.message : '');
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const bytes = buffer.subarray(0, bytesRead);
    const endOfNote = bytes.indexOf('\n') + 1;
    const start = bytes.indexOf('\n', endOfNote) + 1;
    const note = shardNote(bytes.toString('utf8', 0, endOfNote));
    if (note === undefined || start === 0) {
      const advice = 'Give the files that a command wrote with --shard.';
      throw new DataError('found no note of a shard in the first line, expected one', { file }, advice);
    }
    return { file, note, header: bytes.toString('utf8', endOfNote, start), start };
  } finally {
    await handle.close();
  }
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
