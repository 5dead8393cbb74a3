/** The GPU side of one fit: buffers, submits, the ring of losses. */
import { BestSoFar } from './bestSoFar.ts';
import type { Rows } from '../calls/callerArrays.ts';
import type { ContextRows } from '../data/holdOut.ts';
import { LimitError, TrainingDivergedError } from '../errors.ts';
import type { DivergedPart } from '../errors.ts';
import { allSound } from '../gpu/buffers.ts';
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { GpuProgram } from '../gpu/executor.ts';
import type { SharedBuffers } from '../gpu/executor.ts';
import type { BestParameters, OptimizerState } from '../io/modelFile.ts';
import type { AdamSettings } from '../kernels/optimize/adam_step.ts';
import { formatSchedule, learningRateAt } from '../model/schedule.ts';
import type { Schedule } from '../model/schedule.ts';
import { chunksOf } from '../plan/shape.ts';
import { LOSS_STAGING_LENGTHS, RING_SIZE } from '../passes/batch.ts';
import type { BatchSource, DatasetTable } from '../passes/batch.ts';
import { dataStartFlags, dataStartPlan } from '../passes/dataStart.ts';
import type { FlowModel } from '../spec/layout.ts';
import {
  contextDatasetName,
  datasetName,
  FIRST_MOMENT,
  PARAMETERS,
  SECOND_MOMENT,
  STEP_CURSOR,
  STEP_LOSSES,
  STEP_SCALARS,
  STEP_STATE,
} from '../plan/names.ts';
import { ringEntries } from '../passes/rings.ts';
import { trainPlan } from '../passes/train.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { nextSteps } from './submitSize.ts';
import type { FitReport, Score, Trainee } from './fit.ts';

export interface RunSettings extends AdamSettings {
  steps: number;
  batch: number;
  learningRate: number;
  schedule: Schedule;
  seed: number;
  submitMs: number;
  variants: KernelVariants;
  /** Fingerprint of the rows to learn from, before any are held out. */
  data?: string;
  /** Fingerprint of validation rows of their own. */
  validation?: string;
  /** Share of the rows that is held out. */
  heldOut?: number;
  /** Scores without a better one after which the run ends. */
  patience?: number;
}

/** Steps of a submit are at most half the ring, so that the GPU never overtakes the reader. */
const MAX_STEPS_PER_SUBMIT = RING_SIZE / 2;

/** Steps over which a report takes the mean NLL, whatever the clock makes of its own steps. */
export const RECENT_STEPS = 50;

/** Where a resumed run begins: the best parameters are scored on the rows at hand. */
type StartState = Omit<OptimizerState, 'best'> & { best?: BestParameters & Score };

/** What a checkpoint holds of a run. */
export interface Snapshot {
  /** Flat, in the order of the model's layout. */
  parameters: Float32Array;
  optimizer: OptimizerState;
}

/** What a run learns from; a toy density has none of it. */
export interface TrainingRows extends ContextRows {
  /** What the flow subtracts from each row. */
  offset: Float64Array | undefined;
}

interface Submit {
  firstStep: number;
  count: number;
  submittedAt: number;
  staging: OwnedBuffer;
  losses: Promise<Float32Array>;
}

export class TrainingRun implements Disposable {
  readonly #context: Gpu;
  readonly #parameters: OwnedBuffer;
  readonly #parameterCount: number;
  readonly #trainableLength: number;
  /** What scored best, if validation rows are scored. */
  readonly best: BestSoFar;
  readonly #source: BatchSource;
  readonly #settings: RunSettings;
  readonly #program: GpuProgram;
  /** The flow's parameters and the data set. */
  readonly #shared: SharedBuffers;
  readonly #model: FlowModel;
  readonly #owned: { dispose(): void }[];
  readonly #freeStaging: OwnedBuffer[];
  readonly #queue: Submit[] = [];
  #step: number;
  #stepsPerSubmit = 1;
  #lastReadAt: number;
  #lastFiniteNll = NaN;
  #recent: number[] = [];

  private constructor(
    trainee: Trainee,
    source: BatchSource,
    settings: RunSettings,
    program: GpuProgram,
    shared: SharedBuffers,
    owned: { dispose(): void }[],
    staging: OwnedBuffer[],
    firstStep: number,
  ) {
    this.#context = trainee.context;
    this.#parameters = trainee.parameters;
    this.#parameterCount = trainee.model.layout.length;
    this.#trainableLength = trainee.model.layout.trainableLength;
    this.best = new BestSoFar(trainee.context, {
      buffer: this.#parameters,
      length: this.#parameterCount,
      trainableLength: this.#trainableLength,
    });
    this.#source = source;
    this.#settings = settings;
    this.#program = program;
    this.#shared = shared;
    this.#model = trainee.model;
    this.#owned = owned;
    this.#freeStaging = staging;
    this.#step = firstStep;
    this.#lastReadAt = performance.now();
  }

  /** Uploads the data and the optimiser's state, compiles the plan; afterwards no step allocates anything. */
  static async start(
    trainee: Trainee,
    source: BatchSource,
    training: TrainingRows | undefined,
    settings: RunSettings,
    state: StartState | undefined,
  ): Promise<TrainingRun> {
    const { context, model, parameters } = trainee;
    const { buffers } = context;
    requireBatchRoom(settings.batch, context.device);
    const owned: { dispose(): void }[] = [];
    try {
      const shared = new Map([[PARAMETERS, parameters]]);
      const upload = (
        values: Rows,
        { features, segmentRows }: DatasetTable,
        nameOf: typeof datasetName,
        offset?: Float64Array,
      ): void =>
        chunksOf(values.length / features, segmentRows).forEach(({ start, count }, segment) => {
          const name = nameOf(segment);
          const buffer = buffers.storage(name, count * features);
          owned.push(buffer);
          shared.set(name, buffer);
          const rows = values.subarray(start * features, (start + count) * features);
          buffers.write(buffer, shifted(rows, offset));
        });
      if (source.kind === 'dataset' && training !== undefined) {
        const { data, context, offset } = training;
        upload(data, source, datasetName, offset);
        if (context !== undefined && source.context !== undefined) {
          upload(context, source.context, contextDatasetName);
        }
      }
      const { batch, seed, beta1, beta2, epsilon, clipNorm, variants } = settings;
      const adam = { beta1, beta2, epsilon, clipNorm };
      const plan = trainPlan(model, { source, batch, seed, adam, variants });
      const program = await GpuProgram.create(context, plan, shared);
      owned.push(program);
      const staging = LOSS_STAGING_LENGTHS.map((length, index) =>
        buffers.staging(`step losses staging ${index}`, length),
      );
      owned.push(...staging);
      await allSound(staging);

      const firstStep = state?.step ?? 0;
      const write = (name: string, values: Float32Array | Uint32Array): void =>
        buffers.write(program.buffer(name), values);
      write(STEP_STATE, new Uint32Array([firstStep, 0]));
      if (state !== undefined) {
        write(FIRST_MOMENT, state.firstMoment);
        write(SECOND_MOMENT, state.secondMoment);
      }
      const run = new TrainingRun(trainee, source, settings, program, shared, owned, staging, firstStep);
      if (state?.best !== undefined) run.best.resume(state.best, firstStep);
      return run;
    } catch (error) {
      for (const resource of owned) resource.dispose();
      throw error;
    }
  }

  /** Gives a fresh model the start that it takes from the first batch; one that has had it stays as it is. */
  async startFromData(): Promise<void> {
    const { buffers } = this.#context;
    const options = { ...this.#settings, source: this.#source };
    const plan = dataStartPlan(this.#model, options, options.variants);
    if (plan === undefined) return;
    using program = await GpuProgram.create(this.#context, plan, this.#shared);
    const { cursor } = ringEntries(options, 0, 1);
    buffers.write(program.buffer(STEP_STATE), new Uint32Array([0]));
    buffers.write(program.buffer(STEP_CURSOR), cursor);
    await program.run();
    for (const { offset } of dataStartFlags(this.#model)) {
      buffers.write(this.#parameters, Float32Array.of(1), offset);
    }
  }

  /** Steps submitted so far, those of a resumed run included. */
  get submitted(): number {
    return this.#step;
  }

  /** Submits whose losses have not been read. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Puts up to `limit` further steps on the GPU's queue; at most two submits may be pending. */
  submit(limit: number): void {
    const count = Math.min(this.#stepsPerSubmit, limit, MAX_STEPS_PER_SUBMIT);
    const staging = this.#freeStaging.pop();
    if (staging === undefined) throw new RangeError('two submits are pending already');
    this.#writeSchedule(this.#step, count);
    void this.#program.run(count, [{ from: STEP_LOSSES, to: staging, length: 2 * RING_SIZE }]);
    const losses = this.#context.buffers.read(staging, 2 * RING_SIZE);
    // Whoever awaits it may come only after the device is lost; unhandled, that would end a Node process.
    losses.catch(() => undefined);
    this.#queue.push({
      firstStep: this.#step,
      count,
      submittedAt: performance.now(),
      staging,
      losses,
    });
    this.#step += count;
  }

  /**
   * The report of the oldest pending submit, once the GPU has finished it.
   * @throws {TrainingDivergedError} when one of its losses, gradients or updates is not finite
   */
  async nextReport(): Promise<FitReport> {
    const submit = this.#queue.shift();
    if (submit === undefined) throw new RangeError('no submit is pending');
    const ring = await submit.losses;
    await this.best.requireSound();
    this.#freeStaging.push(submit.staging);
    const { firstStep, count } = submit;
    const losses = new Float32Array(count);
    let gradientNorm = 0;
    for (let i = 0; i < count; i++) {
      const slot = 2 * ((firstStep + i) % RING_SIZE);
      const nll = ring[slot] ?? NaN;
      gradientNorm = ring[slot + 1] ?? NaN;
      const problem = problemOf(nll, gradientNorm);
      if (problem !== undefined)
        throw new TrainingDivergedError(firstStep + i + 1, this.#lastFiniteNll, problem);
      this.#lastFiniteNll = nll;
      losses[i] = nll;
    }
    this.#recent = [...this.#recent, ...losses].slice(-RECENT_STEPS);
    const now = performance.now();
    const elapsed = now - Math.max(this.#lastReadAt, submit.submittedAt);
    this.#lastReadAt = now;
    // A browser's clock may be too coarse to see a submit.
    const msPerStep = Math.max(elapsed, 1e-3) / count;
    const { batch, steps, schedule, learningRate, submitMs } = this.#settings;
    this.#stepsPerSubmit = nextSteps(this.#stepsPerSubmit, msPerStep, submitMs, MAX_STEPS_PER_SUBMIT);
    return {
      step: firstStep + count,
      steps,
      nll: this.#recent.reduce((sum, value) => sum + value, 0) / this.#recent.length,
      losses,
      gradientNorm,
      learningRate: learningRateAt(schedule, learningRate, firstStep + count - 1, steps),
      msPerStep,
      stepsPerSecond: 1000 / msPerStep,
      samplesPerSecond: (1000 * batch) / msPerStep,
    };
  }

  /** Parameters and optimiser as they are after the last submitted step. */
  async snapshot(): Promise<Snapshot> {
    const { buffers } = this.#context;
    const step = this.#step;
    // All copies are on the queue before anything can come between them.
    const [parameters, firstMoment, secondMoment, best] = await Promise.all([
      buffers.download(this.#parameters, this.#parameterCount),
      buffers.download(this.#program.buffer(FIRST_MOMENT), this.#trainableLength),
      buffers.download(this.#program.buffer(SECOND_MOMENT), this.#trainableLength),
      this.best.snapshot(),
    ]);
    const { schedule, submitMs: _, variants, ...settings } = this.#settings;
    return {
      parameters,
      optimizer: {
        step,
        firstMoment,
        secondMoment,
        settings: { ...settings, schedule: formatSchedule(schedule) },
        variants: { ...variants },
        ...(best === undefined ? {} : { best }),
      },
    };
  }

  /** Waits for what was submitted. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#queue.map(({ losses }) => losses));
  }

  dispose(): void {
    for (const resource of [this.best, ...this.#owned]) resource.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Fills the rings for steps [first, first + count): where each batch begins, Adam's scalars. */
  #writeSchedule(first: number, count: number): void {
    const { cursor, scalars } = ringEntries({ ...this.#settings, source: this.#source }, first, count);
    const { buffers } = this.#context;
    const slot = first % RING_SIZE;
    const beforeWrap = Math.min(count, RING_SIZE - slot);
    for (const [name, values, width] of [
      [STEP_CURSOR, cursor, 2],
      [STEP_SCALARS, scalars, 3],
    ] as const) {
      const ring = this.#program.buffer(name);
      buffers.write(ring, values.subarray(0, width * beforeWrap), width * slot);
      if (beforeWrap < count) buffers.write(ring, values.subarray(width * beforeWrap));
    }
  }
}

/** What is not finite in a step, by what `step_record` says of it. */
function problemOf(nll: number, gradientNorm: number): DivergedPart | undefined {
  if (!Number.isFinite(nll)) return 'loss';
  if (!Number.isFinite(gradientNorm)) return 'gradient';
  return gradientNorm < 0 ? 'update' : undefined;
}

/** Rows [N, D] less the offset [D], as float32. */
function shifted(rows: Rows, offset: Float64Array | undefined): Float32Array {
  const isPlain = offset === undefined || offset.every((value) => value === 0);
  if (isPlain) return rows instanceof Float32Array ? rows : new Float32Array(rows);
  return Float32Array.from(rows, (value, index) => value - (offset[index % offset.length] ?? 0));
}

/** @throws {LimitError} when one number per row of the batch does not fit a binding */
function requireBatchRoom(batch: number, device: GPUDevice): void {
  const available = device.limits.maxStorageBufferBindingSize;
  if (4 * batch <= available) return;
  throw new LimitError(
    `A batch of ${batch} rows`,
    'maxStorageBufferBindingSize',
    4 * batch,
    available,
    'Use a smaller batch.',
  );
}
