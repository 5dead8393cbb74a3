/** The file that caches the fastest measured kernels across runs. */
import { mkdir, readFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import type { KernelVariants } from '../plan/variants.ts';
import type { TuningCache } from '../flow/tuningOptions.ts';
import { openOutput } from './outputFile.ts';

/** Maximum number of choices in the file; the oldest are removed first. */
const MAX_CHOICES = 256;

const schema = v.object({ choices: v.record(v.string(), v.unknown()) });

/** WGFLOW_TUNING_CACHE, or a file in the user's cache folder. */
export function tuningFilePath(env = process.env, platform: string = process.platform): string {
  return env['WGFLOW_TUNING_CACHE'] || path.join(cacheFolder(env, platform), 'wgflow', 'tuning.json');
}

function cacheFolder(env: NodeJS.ProcessEnv, platform: string): string {
  if (platform === 'win32') return env['LOCALAPPDATA'] || path.join(home(), 'AppData', 'Local');
  if (platform === 'darwin') return path.join(home(), 'Library', 'Caches');
  const asked = env['XDG_CACHE_HOME'];
  // The XDG specification says to ignore a relative path.
  return asked !== undefined && path.isAbsolute(asked) ? asked : path.join(home(), '.cache');
}

function home(): string {
  try {
    return homedir();
  } catch {
    // The user has no entry in the system's list, as in some containers.
    return tmpdir();
  }
}

/** A cache whose file may be missing, damaged or unreadable; it then warns once and keeps nothing. */
export class TuningFile implements TuningCache {
  readonly #file: string;
  readonly #warn: (line: string) => void;
  #warned = false;

  constructor(file: string, warn: (line: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  async get(key: string): Promise<unknown> {
    const choices = await this.#read();
    return Object.hasOwn(choices, key) ? choices[key] : undefined;
  }

  async set(key: string, variants: KernelVariants): Promise<void> {
    // Read it again: another process may have added to it in the meantime.
    const { [key]: _, ...others } = await this.#read();
    const entries = [...Object.entries(others), [key, variants]].slice(-MAX_CHOICES);
    try {
      await mkdir(path.dirname(this.#file), { recursive: true });
      const output = await openOutput(this.#file);
      try {
        await output.write(`${JSON.stringify({ choices: Object.fromEntries(entries) }, null, 2)}\n`);
        await output.commit();
      } finally {
        await output.discard();
      }
    } catch (error) {
      this.#tell('cannot be written', error);
    }
  }

  async #read(): Promise<Record<string, unknown>> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if (!isMissing(error)) this.#tell('cannot be read', error);
      return {};
    }
    try {
      return v.parse(schema, JSON.parse(text)).choices;
    } catch (error) {
      this.#tell('is damaged', error);
      return {};
    }
  }

  #tell(what: string, error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    this.#warn(`Warning: the tuning cache ${this.#file} ${what} and is ignored (${reason})`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
