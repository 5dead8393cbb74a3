/** The command line of `npm run bench:isa`. */
import { Command, CommanderError } from 'commander';
import { readTextFile } from '../../src/cli/modelInput.ts';
import { namesFrom } from '../../src/cli/options.ts';
import { openOutput } from '../../src/cli/outputFile.ts';
import { DataError, ShapeError, WgflowError } from '../../src/errors.ts';
import { GPU_NAMES } from '../../src/measure/gpuModel.ts';
import type { ModelledGpu } from '../../src/measure/gpuModel.ts';
import { rowsFor } from './collect.ts';
import { compareTables } from './compare.ts';
import { brokenRules } from './rules.ts';
import { isaFlows } from './specs.ts';
import type { IsaFlow } from './specs.ts';
import { parseTable, tableJson } from './table.ts';
import type { IsaTable, KernelRow, SpecRow } from './table.ts';
import { brokenText, comparisonText, tablesText } from './text.ts';

export interface IsaOptions {
  gpu: ModelledGpu[];
  flow: string;
  json?: string;
  compare?: string;
  check?: boolean;
}

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(readOptions(args));
  } catch (error) {
    // Commander has printed its message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof WgflowError)) throw error;
    process.stderr.write(`bench:isa: ${error.message}\n`);
    return error instanceof DataError || error instanceof ShapeError ? 2 : 1;
  }
}

/** @throws {CommanderError} for bad arguments, and for --help */
export function readOptions(args: readonly string[]): IsaOptions {
  return new Command('npm run bench:isa --')
    .description(
      "Compiles the kernels of all presets' plans for AMD GPUs that need not be in the machine, and prints registers, " +
        'scratch, inner loops and modelled times.',
    )
    .option('--gpu <list>', `from ${GPU_NAMES.join(', ')}`, namesFrom(GPU_NAMES), GPU_NAMES)
    .option('--flow <text>', 'only the flows whose names have this text, such as "realnvp(2)"', '')
    .option('--json <file>', 'write all rows as JSON, for --compare')
    .option('--compare <file>', 'print what got better or worse than in this file of --json')
    .option('--check', 'exit with 1 if a rule is broken')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `
It needs gcc and Mesa 25 (Debian: apt-get install gcc libc6-dev mesa-vulkan-drivers libvulkan1).
Exit codes: 0 done, 1 something failed or --check found a broken rule, 2 bad arguments.`,
    )
    .exitOverride()
    .allowExcessArguments(false)
    .parse(args, { from: 'user' })
    .opts<IsaOptions>();
}

async function run({ gpu, flow, json, compare, check = false }: IsaOptions): Promise<number> {
  const flows = isaFlows().filter(({ name }) => name.includes(flow));
  if (flows.length === 0) throw new ShapeError('--flow', `"${flow}"`, 'a part of a name, such as glow(16)');
  const before = compare === undefined ? undefined : await readTable(compare);
  const output = json === undefined ? undefined : await openOutput(json);
  let table: IsaTable;
  try {
    table = await collect(gpu, flows);
    await output?.write(tableJson(table));
    await output?.commit();
  } finally {
    await output?.discard();
  }
  const broken = brokenRules(table);
  const isChosen = (row: SpecRow | KernelRow): boolean =>
    gpu.some((name) => name === row.gpu) && row.spec.includes(flow);
  const comparison =
    before === undefined ? [] : [comparisonText(compareTables(only(before, isChosen), table))];
  const texts = [tablesText(table), ...comparison, brokenText(broken)];
  if (json !== '-') process.stdout.write(`${texts.join('\n')}\n`);
  return check && broken.length > 0 ? 1 : 0;
}

function only(table: IsaTable, isChosen: (row: SpecRow | KernelRow) => boolean): IsaTable {
  return { ...table, kernels: table.kernels.filter(isChosen), specs: table.specs.filter(isChosen) };
}

async function collect(gpus: readonly ModelledGpu[], flows: readonly IsaFlow[]): Promise<IsaTable> {
  const table: IsaTable = { format: 'wgflow-isa', version: 1, kernels: [], specs: [] };
  for (const gpu of gpus) {
    const begun = performance.now();
    const kernels = new Set<string>();
    for await (const rows of rowsFor(gpu, flows)) {
      table.kernels.push(...rows.kernels);
      table.specs.push(...rows.specs);
      for (const { kernel } of rows.kernels) kernels.add(kernel);
    }
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    process.stderr.write(`${gpu}: ${kernels.size} kernels in ${seconds} s\n`);
  }
  return table;
}

async function readTable(file: string): Promise<IsaTable> {
  return parseTable(await readTextFile(file, 'a file that "npm run bench:isa -- --json FILE" wrote'), file);
}
