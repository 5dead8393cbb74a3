/** The command line of `npm run fuzz`; run.mjs starts a process of it for each kind. */
import { parseArgs } from 'node:util';
import { COMMAND_LINES } from './commandLines.ts';
import type { Kind } from './kind.ts';
import { CHECKPOINTS, MODELS, SPECS } from './models.ts';
import { OPTIONS } from './options.ts';
import { fuzz } from './run.ts';
import { CSV, JSON_LINES, NPY, PARQUET } from './tables.ts';

export const KINDS: readonly Kind[] = [
  MODELS,
  CHECKPOINTS,
  SPECS,
  CSV,
  JSON_LINES,
  NPY,
  PARQUET,
  OPTIONS,
  COMMAND_LINES,
];

/** Runs one kind, prints its findings, and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: '' },
      first: { type: 'string', default: '1' },
      cases: { type: 'string', default: 'Infinity' },
      seconds: { type: 'string', default: '120' },
      place: { type: 'string' },
    },
  });
  const kind = KINDS.find(({ name }) => name === values.only);
  if (kind === undefined) {
    console.error(
      `--only: found ${values.only}, expected one of ${KINDS.map(({ name }) => name).join(', ')}.`,
    );
    return 2;
  }
  let findings = 0;
  const done = await fuzz(kind, {
    first: Number(values.first),
    cases: Number(values.cases),
    seconds: Number(values.seconds),
    ...(values.place !== undefined && { placeFile: values.place }),
    onFinding: ({ seed, problem }) => {
      findings++;
      console.log(`FOUND ${kind.name}, seed ${seed}: ${problem}`);
    },
  });
  console.log(`${kind.name}: ${done} cases from seed ${values.first}, ${findings} findings`);
  return findings === 0 ? 0 : 1;
}
