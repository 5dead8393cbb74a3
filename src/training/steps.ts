/** The steps of one run on the GPU: buffers, submits, the rings. */
import { LimitError } from '../errors.ts';
import type { DivergedPart } from '../errors.ts';
import { allSound } from '../gpu/buffers.ts';
import type { OwnedBuffer } from '../gpu/buffers.ts';
import { GpuProgram } from '../gpu/executor.ts';
import type { SharedBuffers } from '../gpu/executor.ts';
import type { OptimizerState } from '../io/modelFile.ts';
import { LOSS_STAGING_LENGTHS, RING_SIZE } from '../passes/batch.ts';
import { dataStartFlags, dataStartPlan } from '../passes/dataStart.ts';
import { ringEntries } from '../passes/rings.ts';
import { trainPlan } from '../passes/train.ts';
import {
  AVERAGE,
  FIRST_MOMENT,
  PARAMETERS,
  SECOND_MOMENT,
  STEP_CURSOR,
  STEP_LOSSES,
  STEP_SCALARS,
  STEP_STATE,
} from '../plan/names.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { Diverged, Divergence } from './divergence.ts';
import { keptBuffers, KeptState } from './kept.ts';
import { withoutFrozen } from './freeze.ts';
import type { TrainingSettings } from './settingTable.ts';
import type { FitReport } from './report.ts';
import { nextSteps } from './submitSize.ts';
import type { Trainee } from './trainee.ts';
import { fillRows, rowBuffers } from './upload.ts';
import type { UploadedRows } from './upload.ts';

/** A submit has at most half a ring of steps, so that the GPU never overtakes the reader. */
const MAX_STEPS_PER_SUBMIT = RING_SIZE / 2;

/** The inputs of the steps. */
interface StepsOf extends UploadedRows {
  settings: TrainingSettings;
  variants: KernelVariants;
  divergence: Divergence;
}

/** The losses of a submit. */
export interface StepLosses extends Pick<FitReport, 'step' | 'losses' | 'gradientNorm' | 'msPerStep'> {
  /** Training must go back; the steps after this one do not count. */
  diverged?: Diverged;
}

interface Submit {
  firstStep: number;
  count: number;
  submittedAt: number;
  staging: OwnedBuffer;
  losses: Promise<Float32Array>;
}

export class GpuSteps implements Disposable {
  readonly #trainee: Trainee;
  readonly #of: StepsOf;
  readonly #program: GpuProgram;
  /** The parameters that the steps update, and the data set. */
  readonly #shared: SharedBuffers;
  /** The parameters that the steps update: the flow's own, unless those are the average. */
  readonly #trained: OwnedBuffer;
  readonly #owned: readonly Disposable[];
  readonly #freeStaging: OwnedBuffer[];
  readonly #kept: KeptState;
  readonly #queue: Submit[] = [];
  #step: number;
  #stepsPerSubmit = 1;
  #lastReadAt = performance.now();

  private constructor(
    trainee: Trainee,
    of: StepsOf,
    program: GpuProgram,
    shared: SharedBuffers,
    trained: OwnedBuffer,
    owned: readonly Disposable[],
    staging: OwnedBuffer[],
    kept: KeptState,
  ) {
    this.#trainee = trainee;
    this.#of = of;
    this.#program = program;
    this.#shared = shared;
    this.#trained = trained;
    this.#owned = owned;
    this.#freeStaging = staging;
    this.#kept = kept;
    this.#step = kept.step;
  }

  /** Uploads the data and the optimiser's state and compiles the plan; later steps allocate nothing. */
  static async create(trainee: Trainee, of: StepsOf, state: OptimizerState | undefined): Promise<GpuSteps> {
    const { gpu, parameters } = trainee;
    const { buffers } = gpu;
    const { source, settings, variants } = of;
    const { batch, seed } = settings;
    requireBatchRoom(batch, gpu.device);
    const owned: Disposable[] = [];
    try {
      const isAveraged = settings.averageDecay > 0;
      const trained = isAveraged
        ? buffers.storage('trained parameters', trainee.model().layout.length)
        : parameters;
      if (isAveraged) owned.push(trained);
      const shared = new Map([
        [PARAMETERS, trained],
        [AVERAGE, parameters],
      ]);
      const uploaded = new Map<string, OwnedBuffer>();
      for (const [name, buffer] of rowBuffers(buffers, of)) {
        owned.push(buffer);
        uploaded.set(name, buffer);
        shared.set(name, buffer);
      }
      await fillRows(buffers, of, uploaded);
      const plan = trainPlan(trainee.model(), { source, batch, seed, optimizer: settings, variants });
      const program = await GpuProgram.create(gpu, plan, shared);
      owned.push(program);
      const staging = LOSS_STAGING_LENGTHS.map((length, index) =>
        buffers.staging(`step losses staging ${index}`, length),
      );
      owned.push(...staging);
      const firstStep = state?.step ?? 0;
      const live = keptBuffers(settings).map((name) => program.buffer(name));
      const kept = new KeptState(buffers, live, trainee.model().layout.trainableLength, firstStep);
      owned.push(kept);
      await allSound([...staging, ...kept.copies]);
      buffers.write(program.buffer(STEP_STATE), new Uint32Array([firstStep, 0]));
      if (state !== undefined) {
        const { layout } = trainee.model();
        const { firstMoment, secondMoment } = state;
        buffers.write(program.buffer(FIRST_MOMENT), withoutFrozen(firstMoment, layout, settings.freeze));
        if (secondMoment !== undefined) {
          buffers.write(program.buffer(SECOND_MOMENT), withoutFrozen(secondMoment, layout, settings.freeze));
        }
      }
      return new GpuSteps(trainee, of, program, shared, trained, owned, staging, kept);
    } catch (error) {
      for (const resource of owned) resource[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Starts from the flow's parameters. If the flow has the average, the steps update a copy of them.
   * @param trained the parameters that an earlier run updated, [trainableLength]
   */
  async startFrom(trained: Float32Array | undefined): Promise<void> {
    const { gpu, parameters, model } = this.#trainee;
    if (this.#trained !== parameters) {
      await gpu.buffers.copy(parameters, this.#trained, model().layout.length);
    }
    if (trained !== undefined) gpu.buffers.write(this.#trained, trained);
  }

  /** Initialises a fresh model from the first batch; a model that has started is unchanged. */
  async startFromData(): Promise<void> {
    const { gpu, parameters } = this.#trainee;
    const { source, settings, variants } = this.#of;
    const model = this.#trainee.model();
    const trained = this.#trained;
    const plan = dataStartPlan(model, { ...settings, source }, variants);
    if (plan === undefined) return;
    using program = await GpuProgram.create(gpu, plan, this.#shared);
    const { cursor } = ringEntries({ ...settings, source }, 0, 1);
    gpu.buffers.write(program.buffer(STEP_STATE), new Uint32Array([0]));
    gpu.buffers.write(program.buffer(STEP_CURSOR), cursor);
    await program.run();
    for (const { offset } of dataStartFlags(model)) {
      gpu.buffers.write(trained, Float32Array.of(1), offset);
    }
    // The average of a resumed run is its own.
    const isFirst = this.#step === 0 && trained !== parameters;
    if (isFirst) await gpu.buffers.copy(trained, parameters, model.layout.length);
  }

  /** Steps submitted so far, including those of a resumed run. */
  get submitted(): number {
    return this.#step;
  }

  /** Submits whose losses have not been read. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Puts up to `limit` further steps on the GPU's queue; at most two submits may be pending.
   * @param share the share of the learning rate that a plateau schedule has left
   */
  submit(limit: number, share: number): void {
    const count = Math.min(this.#stepsPerSubmit, limit, MAX_STEPS_PER_SUBMIT);
    const staging = this.#freeStaging.pop();
    if (staging === undefined) throw new RangeError('two submits are pending already');
    this.#writeRings(this.#step, count, share);
    void this.#program.run(count, [{ from: STEP_LOSSES, to: staging, length: 2 * RING_SIZE }]);
    const losses = this.#trainee.gpu.buffers.read(staging, 2 * RING_SIZE);
    // The caller may await it only after the device is lost; unhandled, it would end a Node process.
    losses.catch(() => undefined);
    this.#queue.push({ firstStep: this.#step, count, submittedAt: performance.now(), staging, losses });
    this.#step += count;
  }

  /** The losses of the oldest pending submit, once the GPU has finished it. */
  async nextLosses(): Promise<StepLosses> {
    const submit = this.#queue.shift();
    if (submit === undefined) throw new RangeError('no submit is pending');
    const { firstStep, count } = submit;
    const { settings, divergence } = this.#of;
    const ring = await submit.losses;
    this.#freeStaging.push(submit.staging);
    const losses: number[] = [];
    let gradientNorm = 0;
    let diverged: Diverged | undefined;
    while (losses.length < count && diverged === undefined) {
      const slot = 2 * ((firstStep + losses.length) % RING_SIZE);
      const nll = ring[slot] ?? NaN;
      gradientNorm = ring[slot + 1] ?? NaN;
      losses.push(nll);
      const part = divergence.record(nll, problemOf(nll, gradientNorm));
      if (part !== undefined) diverged = { step: firstStep + losses.length, part };
    }
    const now = performance.now();
    const elapsed = now - Math.max(this.#lastReadAt, submit.submittedAt);
    this.#lastReadAt = now;
    // A browser's clock may be too coarse to measure a submit.
    const msPerStep = Math.max(elapsed, 1e-3) / count;
    this.#stepsPerSubmit = nextSteps(
      this.#stepsPerSubmit,
      msPerStep,
      settings.submitMs,
      MAX_STEPS_PER_SUBMIT,
    );
    return {
      step: firstStep + losses.length,
      losses: Float32Array.from(losses),
      gradientNorm: Math.abs(gradientNorm),
      msPerStep,
      ...(diverged && { diverged }),
    };
  }

  /** Keeps the state after the last submitted step, to go back to. */
  keep(): void {
    this.#kept.keep(this.#step);
  }

  /**
   * Goes back to the kept state, without the submits that are pending. The next step is the one after `step`.
   * @returns the step of the kept state
   */
  async goBack(step: number): Promise<number> {
    await this.drain();
    for (const { staging } of this.#queue.splice(0)) this.#freeStaging.push(staging);
    this.#kept.restore();
    this.#trainee.gpu.buffers.write(this.#program.buffer(STEP_STATE), new Uint32Array([step, 0]));
    this.#step = step;
    return this.#kept.step;
  }

  /** The optimiser's state and the flow's parameters after the last submitted step. */
  async snapshot(): Promise<
    { parameters: Float32Array } & Pick<OptimizerState, 'step' | 'firstMoment' | 'secondMoment' | 'trained'>
  > {
    const { gpu, parameters: result, model } = this.#trainee;
    const { length, trainableLength } = model().layout;
    const step = this.#step;
    const moment = (name: string): Promise<Float32Array> =>
      gpu.buffers.download(this.#program.buffer(name), trainableLength);
    // All copies are queued before other work can come between them.
    const [parameters, firstMoment, secondMoment, trained] = await Promise.all([
      gpu.buffers.download(result, length),
      moment(FIRST_MOMENT),
      this.#of.settings.optimizer === 'adam' ? moment(SECOND_MOMENT) : undefined,
      this.#trained === result ? undefined : gpu.buffers.download(this.#trained, trainableLength),
    ]);
    return {
      parameters,
      step,
      firstMoment,
      ...(secondMoment && { secondMoment }),
      ...(trained && { trained }),
    };
  }

  /** Waits for all submits. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#queue.map(({ losses }) => losses));
  }

  dispose(): void {
    for (const resource of this.#owned) resource[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Fills the rings for steps [first, first + count): the start of each batch, Adam's scalars. */
  #writeRings(first: number, count: number, share: number): void {
    const { settings, source } = this.#of;
    const learningRate = share * settings.learningRate;
    const { cursor, scalars } = ringEntries({ ...settings, learningRate, source }, first, count);
    const { buffers } = this.#trainee.gpu;
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

/** The first part of a step that is not finite, decoded from the values of `step_record`. */
function problemOf(nll: number, gradientNorm: number): DivergedPart | undefined {
  if (!Number.isFinite(nll)) return 'loss';
  if (!Number.isFinite(gradientNorm)) return 'gradient';
  return gradientNorm < 0 ? 'update' : undefined;
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
