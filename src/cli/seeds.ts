/** `wgflow train --seeds`: several models in one command, for an ensemble. */
import path from 'node:path';
import { STANDARD_INPUT } from '../data/sourceFile.ts';
import { ShapeError } from '../errors.ts';
import { FIT_DEFAULTS } from '../training/settingTable.ts';
import type { Session } from './session.ts';
import { partOf } from './shards/shard.ts';
import type { ShardPlace } from './shards/shard.ts';
import { trainCommand } from './train.ts';
import { DEFAULT_MODEL_FILE } from './trainOptions.ts';
import type { TrainOptions } from './trainOptions.ts';

/**
 * Trains a model for each of `seeds` seeds in turn, from `--seed` on. Each has held-out rows of its own. A shard trains its
 * part of them.
 * @throws {ShapeError} when another option makes sense for a single model only
 */
export async function trainSeeds(
  session: Session,
  dataFile: string | undefined,
  seeds: number,
  options: TrainOptions,
  shard: ShardPlace = { index: 1, count: 1 },
): Promise<void> {
  const { out = DEFAULT_MODEL_FILE, settings } = options;
  const advice = 'Train the models one by one.';
  for (const [option, value] of [
    ['--report', options.report],
    ['--checkpoint', options.checkpoint],
    ['--resume', options.resume],
    ['--out', out === '-' ? '-' : undefined],
    ['the table', dataFile === STANDARD_INPUT ? 'of standard input' : undefined],
  ] as const) {
    if (value === undefined) continue;
    throw new ShapeError('train', `${option} ${value} with --seeds ${seeds}`, 'one of them', advice);
  }
  const first = settings?.seed ?? FIT_DEFAULTS.seed;
  const own = partOf(seeds, shard);
  for (let index = own.first; index < own.end; index++) {
    const seed = first + index;
    session.say(`Model ${index + 1} of ${seeds}, seed ${seed}`);
    const one = { ...options, out: numberedFile(out, index + 1), settings: { ...settings, seed } };
    await trainCommand(session, dataFile, one);
    if (options.dryRun === true) return;
  }
}

/** `model.safetensors` as `model-2.safetensors`. */
export function numberedFile(file: string, index: number): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}-${index}${ext}`);
}
