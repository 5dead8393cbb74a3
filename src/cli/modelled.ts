/** `wgflow bench --model`: the time that a GPU would take, next to the measured times. */
import { AbsentGpu } from '../gpu/absentGpu.ts';
import { milliseconds } from '../measure/index.ts';
import type { BenchDocument, BenchModel } from '../measure/index.ts';
import { MODELLED_GPUS } from '../measure/gpuModel.ts';
import type { Bound, ModelledGpu } from '../measure/gpuModel.ts';
import { shapeOf } from '../measure/jobs.ts';
import { modelsOf } from '../measure/sources.ts';
import { KernelCode, modelledLaunches } from '../measure/kernelCode.ts';
import {
  isTraining,
  modelOf,
  passRowsOf,
  printedName,
  REPORTED,
  reportedPlan,
} from '../measure/workloads.ts';
import type { ReportedPass } from '../measure/workloads.ts';
import { chunkRowsOf } from '../passes/workspace.ts';
import { variantName } from '../plan/kernel.ts';
import { chunksOf } from '../plan/shape.ts';
import type { Precision } from '../plan/precision.ts';
import { fixedVariants } from '../plan/variants.ts';
import type { FlowModel } from '../spec/layout.ts';
import { tableText } from './table.ts';

export interface ModelledPlan {
  /** The pass. */
  name: string;
  /** The flow and the rows. */
  shape: string;
  ms: number;
  /** The median, if the run measured this plan. */
  measuredMs: number | undefined;
  /** One for each kind of dispatch. */
  dispatches: ModelledDispatch[];
}

export interface ModelledDispatch {
  /** The kernel's stem. */
  kernel: string;
  count: number;
  workgroups: number;
  groupSize: number;
  /** All `count` of them together. */
  ms: number;
  boundBy: Bound;
}

/** Which plans to model; as in a run of the benchmark. */
export interface ModelledScope {
  models: readonly BenchModel[] | undefined;
  /** Rows of the passes. */
  rows: readonly number[] | undefined;
  /** Batches of the training step, in place of all else. */
  batches?: readonly number[] | undefined;
  precision: Precision | undefined;
}

/** A GPU that need not be in the machine, with the kernels that the fixed table picks for it. */
export class GpuModel implements Disposable {
  readonly #name: ModelledGpu;
  readonly #gpu: AbsentGpu;
  readonly #code: KernelCode;

  private constructor(name: ModelledGpu, gpu: AbsentGpu) {
    this.#name = name;
    this.#gpu = gpu;
    this.#code = new KernelCode(gpu);
  }

  /** @throws {GpuUnavailableError} when a tool that compiles for the GPU is missing */
  static async open(name: ModelledGpu): Promise<GpuModel> {
    return new GpuModel(name, await AbsentGpu.open(name));
  }

  /** The title of the GPU, for people. */
  get title(): string {
    return `${MODELLED_GPUS[this.#name].title} (${this.#name})`;
  }

  /** The reported plans of a run, next to the times that it measured. */
  async plans(scope: ModelledScope, { entries }: Pick<BenchDocument, 'entries'>): Promise<ModelledPlan[]> {
    const plans: ModelledPlan[] = [];
    for (const model of modelsOf({ models: scope.models ?? undefined })) {
      const flow = modelOf(model.spec);
      for (const pass of REPORTED) {
        if (scope.batches !== undefined && !isTraining(pass)) continue;
        const sizes = isTraining(pass)
          ? (scope.batches ?? [model.batch])
          : (scope.rows ?? [passRowsOf(flow)]);
        for (const rows of new Set(sizes)) {
          const [name, shape] = [printedName(pass), shapeOf(model, rows)];
          const dispatches = await this.#dispatches(flow, pass, rows, scope.precision);
          const isMeasured = (entry: BenchDocument['entries'][number]): boolean =>
            entry.kind === 'plan' && entry.name === name && entry.shape === shape;
          plans.push({
            name,
            shape,
            ms: dispatches.reduce((sum, { ms }) => sum + ms, 0),
            measuredMs: entries.find(isMeasured)?.time.medianMs,
            dispatches,
          });
        }
      }
    }
    return plans;
  }

  /** The dispatches of all chunks of the rows, like ones together. */
  async #dispatches(
    flow: FlowModel,
    pass: ReportedPass,
    rows: number,
    precision: Precision | undefined,
  ): Promise<ModelledDispatch[]> {
    const variants = fixedVariants(this.#gpu.facts, precision);
    // The plan of a training step has the chunks of its batch.
    const chunks = isTraining(pass) ? [rows] : chunksOf(rows, chunkRowsOf(flow)).map(({ count }) => count);
    const kinds = new Map<string, ModelledDispatch>();
    for (const size of new Set(chunks)) {
      const times = chunks.filter((count) => count === size).length;
      const plan = reportedPlan(flow, pass, size, variants);
      for (const { dispatch, code, time } of await modelledLaunches(plan, this.#name, this.#code)) {
        const workgroups = dispatch.workgroups.reduce((product, count) => product * count, 1);
        const key = `${variantName(dispatch)} ${workgroups} ${time.boundBy}`;
        const known = kinds.get(key) ?? {
          kernel: dispatch.kernel.stem,
          count: 0,
          workgroups,
          groupSize: code.groupSize,
          ms: 0,
          boundBy: time.boundBy,
        };
        kinds.set(key, { ...known, count: known.count + times, ms: known.ms + times * time.ms });
      }
    }
    return [...kinds.values()];
  }

  [Symbol.dispose](): void {
    this.#gpu[Symbol.dispose]();
  }
}

/** Every line says that its time is modelled. */
export function modelledTables(title: string, plans: readonly ModelledPlan[]): string {
  const totals = plans.map(({ name, shape, ms, measuredMs, dispatches }) => [
    name,
    shape,
    measuredMs === undefined ? 'not measured' : `${milliseconds(measuredMs)} ms`,
    `modelled ${milliseconds(ms)} ms`,
    dispatches.reduce((sum, { count }) => sum + count, 0),
  ]);
  const parts = plans.flatMap(({ name, shape, dispatches }) =>
    dispatches.map(({ kernel, count, workgroups, groupSize, ms, boundBy }) => [
      name,
      shape,
      count === 1 ? kernel : `${count} × ${kernel}`,
      `${workgroups} × ${groupSize}`,
      `modelled ${milliseconds(ms)} ms`,
      boundBy,
    ]),
  );
  return [
    tableText(totals, ['plan', 'flow', 'measured on this adapter', `modelled on ${title}`, 'dispatches']),
    tableText(parts, ['plan', 'flow', 'dispatch', 'workgroups', `modelled on ${title}`, 'bound by']),
  ].join('\n');
}
