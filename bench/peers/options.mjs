/** The command line of bench/peers. */
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Every system, in the order of the table: its title, and the script that runs it. */
export const SYSTEMS = {
  wgflow: { title: 'wgflow, WebGPU', script: 'wgflow.mjs' },
  'jax-js': { title: 'jax-js, WebGPU', script: 'jax-js.mjs', installed: true },
  'tfjs-webgpu': { title: 'TensorFlow.js, WebGPU', script: 'tfjs.mjs', backend: 'webgpu', installed: true },
  'tfjs-wasm': { title: 'TensorFlow.js, wasm', script: 'tfjs.mjs', backend: 'wasm', installed: true },
  pytorch: { title: 'PyTorch, CPU', script: 'pytorch.py' },
};

const ADAPTERS = ['auto', 'gpu', 'software'];

export const HELP = `Usage: npm run bench:peers -- [options]

Times one training step (forward, backward, Adam) of wgflow and of what one would use instead, one after the
other, on the same WebGPU adapter, and prints the times and their ratios.

Options:
  --configs LIST   of S, M, L, separated by commas (default: all)
  --systems LIST   of ${Object.keys(SYSTEMS).join(', ')} (default: all)
  --adapter KIND   ${ADAPTERS.join(', ')} (default: auto, or what WGFLOW_ADAPTER says)
  --json FILE      writes the rows as JSON too
  --help           this text

The first run installs the peers into bench/peers/node_modules. A system that is not there is skipped with a
message. PyTorch is looked for in the Python of the environment variable PYTHON, else /usr/bin/python3.

Exit codes: 0 done, 1 a system failed, its loss did not fall or the systems disagree, 2 bad arguments.
`;

/** Bad arguments; the message is one sentence. */
export class UsageError extends Error {}

/**
 * @param configNames the known configurations
 * @returns `{ help }` or `{ configs, systems, adapter, json }`
 * @throws {UsageError}
 */
export function readOptions(argv, configNames) {
  const values = parse(argv);
  if (values.help) return { help: true };
  const { adapter = 'auto', json } = values;
  if (!ADAPTERS.includes(adapter)) {
    throw new UsageError(`--adapter: found "${String(adapter)}", expected one of ${ADAPTERS.join(', ')}.`);
  }
  if (json !== undefined) requireWritable(json);
  return {
    configs: chosen('--configs', values.configs, configNames),
    systems: chosen('--systems', values.systems, Object.keys(SYSTEMS)),
    adapter,
    json: json && resolve(json),
  };
}

function parse(args) {
  const text = { type: 'string' };
  const options = {
    configs: text,
    systems: text,
    adapter: text,
    json: text,
    help: { type: 'boolean', short: 'h' },
  };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(`${error.message.split('. ')[0].replace(/\.$/, '')}; --help lists the options.`);
  }
}

function chosen(flag, list, all) {
  if (list === undefined) return all;
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `${flag}: found "${unknown}", expected names from ${all.join(', ')}, separated by commas.`,
    );
  }
  return all.filter((name) => names.includes(name));
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
