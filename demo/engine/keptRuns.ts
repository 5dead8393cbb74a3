/** Training runs kept in the browser's own file system (OPFS), one place a tab: they outlive a reload and the tab. */
import type { ClaimedRun, KeptRun } from '../protocol.ts';
import { packed, unpacked } from './packing.ts';

/** The most runs that are kept; the oldest go first. */
const MAX_RUNS = 8;
/** After a reload, the tab's old worker may hold its place for a moment, ms. */
const HANDOVER_MS = 2000;
const FORMAT = 'wgflow run 1';

/** Written in turns, so that the last whole record is never overwritten. */
const RECORDS = ['run-0', 'run-1'] as const;

/** One state of a run. Its data have a file of their own, which is written once. */
interface RunRecord {
  format: typeof FORMAT;
  sequence: number;
  address: string;
  notes: unknown;
  model: Uint8Array;
  dataFile: string;
}

/** A run as this place has it. */
export interface StoredRun extends KeptRun {
  address: string;
  model: Uint8Array;
}

/** A change of the kept run: `data` come along if they differ from those before. */
export type RunChange = Omit<StoredRun, 'data'> & { data?: unknown };

/** The place of one tab. */
export class RunPlace {
  readonly name: string;
  readonly #runs: FileSystemDirectoryHandle;
  #sequence = 0;
  #dataFile = '';
  /** Data whose file could not be written. */
  #unwritten: unknown;
  #writing: Promise<void> = Promise.resolve();

  constructor(runs: FileSystemDirectoryHandle, name: string) {
    this.#runs = runs;
    this.name = name;
  }

  /** The newest state that is whole. */
  async read(): Promise<StoredRun | 'damaged' | undefined> {
    const folder = await this.#runs.getDirectoryHandle(this.name).catch(() => undefined);
    if (folder === undefined) return undefined;
    const found = await Promise.all(RECORDS.map((file) => read(folder, file)));
    const records = found.filter(isRecord).sort((a, b) => b.sequence - a.sequence);
    for (const { sequence, address, notes, model, dataFile } of records) {
      const data = await read(folder, dataFile);
      if (data === undefined) continue;
      this.#sequence = sequence;
      this.#dataFile = dataFile;
      return { address, notes, model, data };
    }
    return 'damaged';
  }

  /** Writes the state of the run. A browser that cannot keeps the state before. */
  keep(change: RunChange): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(change)).catch(() => undefined);
    return this.#writing;
  }

  async #write({ data = this.#unwritten, ...state }: RunChange): Promise<void> {
    this.#unwritten = data;
    const folder = await this.#runs.getDirectoryHandle(this.name, { create: true });
    const sequence = this.#sequence + 1;
    const dataFile = data === undefined ? this.#dataFile : `data-${sequence}`;
    if (data !== undefined) await write(folder, dataFile, data);
    const record: RunRecord = { format: FORMAT, sequence, ...state, dataFile };
    await write(folder, RECORDS[sequence % 2 === 0 ? 0 : 1], record);
    const needed = [this.#dataFile, dataFile];
    this.#sequence = sequence;
    this.#dataFile = dataFile;
    this.#unwritten = undefined;
    if (data === undefined) return;
    for await (const file of folder.keys()) {
      if (file.startsWith('data-') && !needed.includes(file)) await folder.removeEntry(file);
    }
    await prune(this.#runs);
  }
}

/**
 * Takes a place for this tab: the one it had, or that of the newest run whose tab is closed, or a new one. A page with
 * another address than the run's shows what its link says, and the run stays where it is.
 * @param own the place that the tab had before a reload
 * @param address of the page's link; empty if it has none
 * @returns undefined if the browser keeps no files for this page
 */
export async function claimPlace(
  own: string | null,
  address: string,
): Promise<{ place: RunPlace; run: StoredRun | undefined; claimed: ClaimedRun } | undefined> {
  const root = await navigator.storage.getDirectory();
  const runs = await root.getDirectoryHandle('runs', { create: true });
  const names = (await byAge(runs)).filter((name) => name !== own);
  let other: ClaimedRun['other'] = null;
  let damaged: { place: RunPlace; release: () => void } | undefined;
  for (const name of own === null ? names : [own, ...names]) {
    const release = await held(name, name === own ? HANDOVER_MS : 0);
    if (release === undefined) continue;
    const place = new RunPlace(runs, name);
    const run = await place.read();
    const isWanted = address === '' || name === own;
    if (run === 'damaged' && isWanted && damaged === undefined) {
      damaged = { place, release };
      continue;
    }
    if (typeof run === 'object') {
      if (isWanted && (address === '' || run.address === address)) {
        damaged?.release();
        return claim(place, run);
      }
      other ??= { place: name, notes: run.notes };
    }
    release();
    // A link takes no other run than the tab's own.
    if (address !== '' && other !== null) break;
  }
  // The next run overwrites a damaged one.
  if (damaged !== undefined) return claim(damaged.place, undefined, other, true);
  const place = new RunPlace(runs, crypto.randomUUID());
  return (await held(place.name)) && claim(place, undefined, other);
}

function claim(
  place: RunPlace,
  run: StoredRun | undefined,
  other: ClaimedRun['other'] = null,
  isDamaged = false,
): Awaited<ReturnType<typeof claimPlace>> {
  const kept = run === undefined ? null : { notes: run.notes, data: run.data };
  return { place, run, claimed: { place: place.name, run: kept, other, isDamaged } };
}

/** The names of the places, the last written first. */
async function byAge(runs: FileSystemDirectoryHandle): Promise<string[]> {
  const places: { name: string; at: number }[] = [];
  for await (const [name, folder] of runs.entries()) {
    if (!(folder instanceof FileSystemDirectoryHandle)) continue;
    const times = RECORDS.map(async (file) => {
      const handle = await folder.getFileHandle(file);
      return (await handle.getFile()).lastModified;
    });
    const found = await Promise.all(times.map((time) => time.catch(() => 0)));
    places.push({ name, at: Math.max(...found) });
  }
  return places.sort((a, b) => b.at - a.at).map(({ name }) => name);
}

/** Removes the oldest runs, unless their tabs are open. */
async function prune(runs: FileSystemDirectoryHandle): Promise<void> {
  for (const name of (await byAge(runs)).slice(MAX_RUNS)) {
    const release = await held(name);
    if (release === undefined) continue;
    await runs.removeEntry(name, { recursive: true });
    release();
  }
}

/** Takes the lock of a place. @returns what releases it; undefined if another tab holds it for longer */
function held(place: string, waitMs = 0): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const options = waitMs === 0 ? { ifAvailable: true } : { signal: AbortSignal.timeout(waitMs) };
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (lock !== null) return new Promise((release) => resolve(release));
      resolve(undefined);
      return undefined;
    };
    navigator.locks.request(`wgflow run ${place}`, options, hold).catch(() => resolve(undefined));
  });
}

/** @returns undefined if the file is missing or damaged */
async function read(folder: FileSystemDirectoryHandle, name: string): Promise<unknown> {
  try {
    const file = await (await folder.getFileHandle(name)).getFile();
    return await unpacked(new Uint8Array(await file.arrayBuffer()));
  } catch {
    return undefined;
  }
}

async function write(folder: FileSystemDirectoryHandle, name: string, value: unknown): Promise<void> {
  const file = await folder.getFileHandle(name, { create: true });
  // The file keeps its old contents until the stream is closed.
  const stream = await file.createWritable();
  await stream.write(await packed(value));
  await stream.close();
}

function isRecord(value: unknown): value is RunRecord {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT;
}
