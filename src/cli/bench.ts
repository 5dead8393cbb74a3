/** `wgflow bench`: kernels and plans against the adapter's peak. */
import path from 'node:path';
import {
  BATCHES,
  bench,
  compareRuns,
  CONFIG_NAMES,
  configModel,
  parseBenchDocument,
} from '../measure/index.ts';
import type { ModelledGpu } from '../measure/gpuModel.ts';
import type { BenchDocument, BenchModel, BenchOptions, ConfigName, VariantsFor } from '../measure/index.ts';
import { ShapeError, VerificationError } from '../errors.ts';
import { Gpu } from '../gpu/gpu.ts';
import type { NeededLimits } from '../gpu/device.ts';
import { limitsFor } from '../flow/limits.ts';
import { Tuner } from '../flow/tuning.ts';
import type { TuningOptions } from '../flow/tuningOptions.ts';
import { comparisonTables, runTables } from './benchTables.ts';
import { readSpec, readTextFile } from './modelInput.ts';
import { GpuModel, modelledTables } from './modelled.ts';
import { openOutput } from './outputFile.ts';
import type { Output } from './outputFile.ts';
import { benchProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';

export interface BenchCommandOptions {
  configs?: ConfigName[];
  spec?: string;
  batch?: number;
  rows?: number[];
  /** True for the usual ones. */
  batches?: number[] | true;
  only?: 'plans' | 'kernels';
  kernels?: string[];
  quick?: boolean;
  out?: string;
  report?: string;
  compare?: string[];
  model?: ModelledGpu;
}

const DEFAULT_BATCH = 512;

export async function benchCommand(session: Session, options: BenchCommandOptions): Promise<void> {
  if (options.compare !== undefined) {
    await compareCommand(session, options, options.compare);
    return;
  }
  session.requireFile('--out', options.out);
  session.requireFile('--report', options.report);
  if (options.kernels !== undefined && options.only === 'plans') {
    throw new ShapeError('--kernels', '--only plans', '--only kernels, or no --only');
  }
  const batches = batchesOf(options);
  const models = await modelsOf(options);
  using gpuModel = options.model === undefined ? undefined : await GpuModel.open(options.model);
  const outputs = await openOutputs(options);
  try {
    const { device } = await session.open(limitsOf(models ?? []));
    const { rows, only, kernels, quick } = options;
    const document = await run(session, device, {
      models,
      rows,
      batches,
      only,
      kernels,
      quick,
      precision: session.tuning.precision,
      variantsFor: choosing(device, session.tuning),
      signal: session.signal,
    });
    const { precision } = session.tuning;
    const modelled = (await gpuModel?.plans({ models, rows, batches, precision }, document)) ?? [];
    await outputs.out?.write(`${JSON.stringify(document, undefined, 2)}\n`);
    // Drawing takes libraries that no other command should load.
    if (outputs.report !== undefined) {
      const { benchReport } = await import('./benchReport.ts');
      await outputs.report.write(benchReport(document));
    }
    await outputs.out?.commit();
    await outputs.report?.commit();
    const files = [options.out, options.report].filter((file) => file !== undefined);
    if (!session.json && options.out !== '-' && options.report !== '-') {
      session.print(`${runTables(document)}\n`);
      if (gpuModel !== undefined) session.print(`${modelledTables(gpuModel.title, modelled)}\n`);
    }
    if (files.length > 0) session.say(`Wrote ${files.join(' and ')}.`);
    for (const plan of modelled) session.emit({ event: 'modelled', gpu: options.model, ...plan });
    session.emit({ event: 'done', ...document, files });
    if (document.mismatches.length > 0) throw new VerificationError(document.mismatches);
  } finally {
    await outputs.out?.discard();
    await outputs.report?.discard();
  }
}

/** @throws {ShapeError} when an option chooses what the batches replace */
function batchesOf({
  batches,
  batch,
  rows,
  kernels,
  only,
}: BenchCommandOptions): readonly number[] | undefined {
  if (batches === undefined) return undefined;
  const others = {
    '--batch': batch,
    '--rows': rows,
    '--kernels': kernels,
    '--only kernels': only === 'kernels' || undefined,
  };
  const [other] = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (other !== undefined) {
    throw new ShapeError(
      '--batches',
      `it with ${other}`,
      `no ${other}`,
      'It times training steps only, at each of its batches.',
    );
  }
  return batches === true ? BATCHES : batches;
}

/** The kernels that a flow of the model would choose. */
function choosing(device: GPUDevice, tuning: TuningOptions): VariantsFor {
  const context = Gpu.of(device);
  return (model, pass, rows) => new Tuner(context, model, tuning).variantsFor(pass, rows);
}

async function run(session: Session, device: GPUDevice, options: BenchOptions): Promise<BenchDocument> {
  let progress: Progress<{ done: number; what: string }> | undefined;
  try {
    for await (const event of bench(device, options)) {
      const { done, total } = event;
      progress ??= benchProgress(session, total);
      switch (event.kind) {
        case 'begin':
          progress.update({ done, what: event.what });
          break;
        case 'peak':
          session.emit({ event: 'peak', ...event.peak, clock: event.clock });
          break;
        case 'entry': {
          const { entry } = event;
          progress.update({ done, what: `${entry.name}, ${entry.shape}` });
          session.emit({ event: 'entry', ...entry });
          break;
        }
        case 'mismatch':
          session.say(`MISMATCH ${event.mismatch}`);
          session.emit({ event: 'mismatch', message: event.mismatch });
          break;
        case 'done':
          return event.document;
      }
    }
  } finally {
    progress?.stop();
  }
  throw new RangeError('the benchmark ended without a document');
}

/** The flows of --spec or --configs; undefined for all configurations plus a sweep. */
async function modelsOf({ configs, spec, batch }: BenchCommandOptions): Promise<BenchModel[] | undefined> {
  if (spec === undefined) {
    if (batch !== undefined) {
      throw new ShapeError(
        '--batch',
        'no --spec',
        '--spec FILE',
        `The batches of ${CONFIG_NAMES.join(', ')} are fixed.`,
      );
    }
    return configs?.map(configModel);
  }
  const own: BenchModel = {
    name: path.basename(spec).replace(/\.[^.]+$/, ''),
    summary: spec,
    spec: await readSpec(spec),
    batch: batch ?? DEFAULT_BATCH,
  };
  return [...(configs ?? []).map(configModel), own];
}

/** For each limit, the highest value that any flow needs. */
function limitsOf(models: readonly BenchModel[]): NeededLimits {
  const limits: NeededLimits = {};
  for (const { spec } of models) {
    for (const [name, value] of Object.entries(limitsFor(spec))) {
      const limit = name as keyof NeededLimits;
      limits[limit] = Math.max(limits[limit] ?? 0, value);
    }
  }
  return limits;
}

/** Before the run, so that a missing folder is reported at once. */
async function openOutputs({ out, report }: BenchCommandOptions): Promise<{ out?: Output; report?: Output }> {
  const document = out === undefined ? undefined : await openOutput(out);
  try {
    return { out: document, report: report === undefined ? undefined : await openOutput(report) };
  } catch (error) {
    await document?.discard();
    throw error;
  }
}

async function compareCommand(
  session: Session,
  options: BenchCommandOptions,
  files: readonly string[],
): Promise<void> {
  const [before, after, ...more] = files;
  if (before === undefined || after === undefined || more.length > 0) {
    throw new ShapeError(
      '--compare',
      `${files.length} file${files.length === 1 ? '' : 's'}`,
      'two files, the earlier run first',
    );
  }
  const others = Object.keys(options).filter(
    (name) => !['compare', 'json', 'adapter', 'tuning'].includes(name),
  );
  if (others.length > 0) {
    throw new ShapeError('--compare', `it with --${others.join(', --')}`, 'no other option but --json');
  }
  const comparison = compareRuns(await readRun(before), await readRun(after));
  if (session.json) {
    session.emit({
      event: 'done',
      differences: comparison.differences,
      changes: comparison.changes.map(({ before, after, ratio, verdict }) => ({
        kind: after.kind,
        name: after.name,
        shape: after.shape,
        beforeMs: before.time.medianMs,
        afterMs: after.time.medianMs,
        ratio,
        verdict,
      })),
      onlyBefore: comparison.onlyBefore.map(({ kind, name, shape }) => ({ kind, name, shape })),
      onlyAfter: comparison.onlyAfter.map(({ kind, name, shape }) => ({ kind, name, shape })),
    });
    return;
  }
  for (const difference of comparison.differences) session.say(`Note: ${difference}`);
  session.print(`${comparisonTables(comparison)}\n`);
}

async function readRun(file: string): Promise<BenchDocument> {
  return parseBenchDocument(await readTextFile(file, 'a file that "wgflow bench --out FILE" wrote'), file);
}
