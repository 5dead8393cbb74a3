/** The command `npm run bench:isa`. */
import { Command, CommanderError } from 'commander';
import { openOutput } from '../../src/cli/outputFile.ts';
import { namesFrom } from '../../src/cli/options.ts';
import { GPU_NAMES } from '../../src/measure/gpuModel.ts';
import type { ModelledGpu } from '../../src/measure/gpuModel.ts';
import { rowsFor } from './collect.ts';
import { isaFlows } from './specs.ts';
import { tableJson } from './table.ts';
import type { IsaTable } from './table.ts';

interface Options {
  gpu?: ModelledGpu[];
  json?: string;
}

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const program = new Command('bench:isa')
      .option('--gpu <list>', 'GPUs', namesFrom(GPU_NAMES))
      .option('--json <file>', 'write JSON')
      .exitOverride();
    const options = program.parse(args, { from: 'user' }).opts<Options>();
    const output = options.json === undefined ? undefined : await openOutput(options.json);
    const table: IsaTable = { format: 'wgflow-isa', version: 1, kernels: [], specs: [] };
    const flows = isaFlows();
    for (const gpu of options.gpu ?? GPU_NAMES) {
      const t = performance.now();
      for await (const { kernels, specs } of rowsFor(gpu, flows)) {
        table.kernels.push(...kernels);
        table.specs.push(...specs);
      }
      console.error(gpu, performance.now() - t, new Set(table.kernels.map((k) => k.kernel)).size);
    }
    await output?.write(tableJson(table));
    await output?.commit();
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}
