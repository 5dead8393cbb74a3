/** The command line of bench/quality. */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const ADAPTERS = ['auto', 'gpu', 'software'];
const DEFAULTS = { seeds: [1, 2, 3], steps: 3000 };

export const HELP = `Usage: npm run quality -- [options]

Trains presets with their default settings on toy densities, batches of 512, and prints the mean test NLL above the
exact entropy, which no model can be below, next to the bound for it.

Options:
  --presets LIST    presets, separated by commas (default: those with a bound)
  --datasets LIST   toy densities, separated by commas (default: of each preset those with a bound)
  --seeds LIST      seeds (default: ${DEFAULTS.seeds.join(',')})
  --steps N         training steps (default: ${DEFAULTS.steps})
  --adapter KIND    ${ADAPTERS.join(', ')} (default: auto, or what WGFLOW_ADAPTER says)
  --json FILE       writes the rows {preset, dataset, seed, testNll, floor} as JSON too, after every run
  --tables FOLDER [TABLE …]
                    instead: the default command on the CSV files of a folder, next to a Gaussian, and, where Python has
                    them, to a Gaussian mixture (scikit-learn) and flows in PyTorch (bench/tables/README.md)
  --help            this text

Exit codes: 0 done and within every bound, 1 a bound is missed or a run failed, 2 bad arguments.
`;

/** Bad arguments; the message is one sentence. */
export class UsageError extends Error {}

/**
 * @param known `{ presets, datasets }`, the known names
 * @param bounds by preset and dataset
 * @returns `{ pairs: [preset, dataset][], seeds, steps, adapter, json }`
 * @throws {UsageError}
 */
export function readOptions(argv, known, bounds) {
  const values = parse(argv);
  const { adapter = 'auto', json } = values;
  if (!ADAPTERS.includes(adapter)) {
    throw new UsageError(`--adapter: found "${String(adapter)}", expected one of ${ADAPTERS.join(', ')}.`);
  }
  if (json !== undefined) requireWritable(json);
  const presets = names('--presets', values.presets, known.presets) ?? Object.keys(bounds);
  const datasets = names('--datasets', values.datasets, known.datasets);
  return {
    pairs: presets.flatMap((preset) =>
      (datasets ?? Object.keys(bounds[preset] ?? {})).map((dataset) => [preset, dataset]),
    ),
    seeds: values.seeds?.split(',').map((seed) => wholeNumber('--seeds', seed, 0)) ?? DEFAULTS.seeds,
    steps: values.steps === undefined ? DEFAULTS.steps : wholeNumber('--steps', values.steps, 1),
    adapter,
    json: json && resolve(json),
  };
}

function parse(args) {
  const text = { type: 'string' };
  const options = {
    presets: text,
    datasets: text,
    seeds: text,
    steps: text,
    adapter: text,
    json: text,
  };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(`${error.message.split('. ')[0].replace(/\.$/, '')}; --help lists the options.`);
  }
}

function names(flag, list, all) {
  if (list === undefined) return undefined;
  const asked = list.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !all.includes(name));
  if (unknown === undefined) return asked;
  throw new UsageError(
    `${flag}: found "${unknown}", expected names from ${all.join(', ')}, separated by commas.`,
  );
}

function wholeNumber(flag, text, least) {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${flag}: found "${text}", expected whole numbers from ${least} on.`);
}

function requireWritable(file) {
  const kind = (path) => statSync(path, { throwIfNoEntry: false });
  if (file === '' || kind(file)?.isDirectory()) {
    throw new UsageError(
      `--json: found ${file === '' ? 'an empty name' : `the folder ${file}`}, expected a file.`,
    );
  }
  if (!kind(dirname(resolve(file)))?.isDirectory()) {
    throw new UsageError(`--json: the folder of ${file} does not exist.`);
  }
}
