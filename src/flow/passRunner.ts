/** The calls of a flow that run passes over rows on the host. */
import type { GivenRows, Rows } from '../calls/callerArrays.ts';
import type { RunOptions, TakenRows } from '../calls/rows.ts';
import { DeviceLostError, ShapeError } from '../errors.ts';
import type { ConditionalJob, ConditionalRunner } from '../conditionals/conditionals.ts';
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { RowRunner } from '../gpu/rows.ts';
import type { RowJob } from '../gpu/rows.ts';
import { variantsText } from '../passes/purpose.ts';
import { chunkRowsFor, PASSES, turnToScores } from '../passes/index.ts';
import type { PassName } from '../passes/index.ts';
import { GRADIENTS, PARAMETERS } from '../plan/names.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { tensorOf } from '../model/tensors.ts';
import { Gathering } from './gathering.ts';
import { passJob, takeRows } from './jobs.ts';
import type { HostResults, PassJob } from './jobs.ts';
import type { SampleOptions } from './options.ts';
import { requireFiniteGradient, requireSound } from './soundRows.ts';
import type { CurrentModel } from './start.ts';
import type { Tuner } from './tuning.ts';

/** Calls with fewer rows use the fixed kernels: the search would take longer than the call. */
const TUNED_ROWS = 4096;

/** The result of `Flow.gradients`. */
export interface FlowGradients {
  /** Mean NLL in nats; infinite if a row has no density. */
  nll: number;
  /** Mean NLL in nats as training minimises it, which is finite. */
  loss: number;
  /** Number of rows without density. */
  withoutDensity: number;
  /** The gradient of `loss` by the tensor's name in the model file, each flat in the tensor's shape, such as [D]. */
  gradients: Record<string, Float32Array>;
}

/** The parts of a flow that belong to its device. */
export interface DeviceParts {
  gpu: Gpu;
  tuner: Tuner;
  parameters: OwnedBuffer;
}

/**
 * Runs calls one after another; one whose device is lost runs once more on another device. After `dispose` they throw
 * DisposedError.
 */
export class PassRunner implements ConditionalRunner, Disposable {
  #on: DeviceParts;
  #runner: RowRunner;
  readonly #reopen: () => Promise<boolean>;
  readonly #current: CurrentModel;
  readonly #gathering = new Gathering();
  readonly #columns: () => readonly string[] | undefined;
  /** The last change of the parameters by hand. */
  #changed: Promise<void> = Promise.resolve();

  /**
   * @param columns the names of the features, if they have any
   * @param reopen moves the flow to another device, and returns whether there is one
   */
  constructor(
    on: DeviceParts,
    current: CurrentModel,
    columns: () => readonly string[] | undefined,
    reopen: () => Promise<boolean>,
  ) {
    this.#on = on;
    this.#current = current;
    this.#columns = columns;
    this.#reopen = reopen;
    this.#runner = this.#runnerOn(on);
  }

  /** Goes on with another device. */
  moveTo(on: DeviceParts): void {
    this.#runner.abandon();
    this.#on = on;
    this.#runner = this.#runnerOn(on);
  }

  #runnerOn({ gpu, parameters }: DeviceParts): RowRunner {
    return new RowRunner(gpu, new Map([[PARAMETERS, parameters]]), () => this.#current.shift?.offset);
  }

  /** Waits until the device has the parameters. @throws {GpuMemoryError} when it has no room for them */
  async ready(): Promise<void> {
    await this.#again(() => this.#on.gpu.guard(() => this.#on.parameters.sound));
  }

  /** Runs `work`, and once more on another device if its own is lost. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      const isReopened = await this.#reopen();
      this.#runner.requireAlive();
      if (!isReopened) throw error;
      return work();
    }
  }

  /**
   * The results of a pass over the given rows, or over the rows that it draws.
   * @throws {ShapeError | DataError} like `takeRows` and `passJob`
   * @throws {NonFiniteError} when a row's result is not finite
   */
  async call<K extends PassName>(
    pass: K,
    rows: GivenRows | number,
    options: SampleOptions,
  ): Promise<HostResults<K>> {
    const taken = typeof rows === 'number' ? { count: rows } : this.#take(pass, rows);
    return this.#sound(this.#job(pass, taken, options));
  }

  /** The log-densities of rows that are already checked, finite or not, with the kernels `variants`. */
  async logProb(taken: TakenRows, options: RunOptions, variants: KernelVariants): Promise<Float32Array> {
    return (await this.#run(this.#job('logProb', taken, options), variants)).logProb;
  }

  /** Runs plans of many log-densities of each row, with the kernels chosen for log-densities. */
  conditional({ planOf, ...job }: ConditionalJob): Promise<void> {
    return this.#again(() =>
      this.#runner.run(async () => {
        const chunkRows = chunkRowsFor(this.#current.model, 'logProb');
        const variants = await this.#variantsFor('logProb', { rows: chunkRows, chunkRows });
        const kind = `${job.kind} (${variantsText(variants)})`;
        return { ...job, kind, planOf: (chunk) => planOf(chunk, variants) };
      }),
    );
  }

  /** log p (nats) and ∂log p/∂x of each row. @throws like `call` */
  async logProbGradient(x: GivenRows, options: RunOptions): Promise<HostResults<'logProbGradient'>> {
    const job = this.#job('logProbGradient', this.#take('logProbGradient', x), options);
    const { gradient, logProb } = await this.#run(job);
    turnToScores(gradient, logProb);
    requireSound(job);
    return job.result;
  }

  /** @throws like `call`, and {ShapeError} when there are no rows */
  async gradients(x: GivenRows, options: RunOptions): Promise<FlowGradients> {
    const taken = this.#take('gradients', x);
    const { count } = taken;
    if (count === 0) throw new ShapeError('x', '0 rows', 'at least 1 row');
    const { trainableLength: length, tensors } = this.#current.model.layout;
    const job = this.#job('gradients', taken, options);
    // Both take their turns now, so that no change of the parameters comes between them.
    const [flat, withoutDensity] = await Promise.all([
      this.#again(() => this.#runner.accumulate(() => this.#withKernels(job), { buffer: GRADIENTS, length })),
      this.#countWithoutDensity(taken, options),
    ]);
    requireSound(job);
    const trainable = tensors.filter((tensor) => tensor.trainable);
    const gradients = Object.fromEntries(trainable.map((tensor) => [tensor.name, tensorOf(flat, tensor)]));
    for (const [name, values] of Object.entries(gradients)) requireFiniteGradient(name, values, count);
    const loss = job.result.nll.reduce((sum, value) => sum + value, 0) / count;
    return { nll: withoutDensity === 0 ? loss : Infinity, loss, withoutDensity, gradients };
  }

  /** Counts rows outside a uniform base; all other bases have a density everywhere. */
  async #countWithoutDensity(taken: TakenRows, options: RunOptions): Promise<number> {
    if (this.#current.model.layout.base.room.isBounded !== true) return 0;
    const { logProb } = await this.#sound(this.#job('logProb', taken, options));
    return logProb.reduce((count, value) => count + (value === -Infinity ? 1 : 0), 0);
  }

  #take(pass: PassName, rows: GivenRows): TakenRows {
    const { model, shift } = this.#current;
    return takeRows(pass, rows, { spec: model.spec, shift, columns: this.#columns() });
  }

  #job<K extends PassName>(
    pass: K,
    taken: { count: number; values?: Rows },
    options: SampleOptions,
  ): PassJob<K> {
    return passJob(this.#current.model, pass, taken, options, this.#on.gpu.adapter.software);
  }

  async #sound<K extends PassName>(job: PassJob<K>): Promise<HostResults<K>> {
    const result = await this.#run(job);
    requireSound(job);
    return result;
  }

  /** Runs with the kernels `variants`, or else with the ones chosen for the pass. */
  async #run<K extends PassName>(job: PassJob<K>, variants?: KernelVariants): Promise<HostResults<K>> {
    if (variants === undefined && Gathering.accepts(job)) {
      await this.#gathering.run(job, (together) =>
        this.#again(() =>
          this.#runner.run(async () => {
            const chosen = await this.#variantsFor(job.pass, job);
            return this.#withKernels(await together(), chosen);
          }),
        ),
      );
    } else await this.#again(() => this.#runner.run(() => this.#withKernels(job, variants)));
    if (this.#on.tuner.fixed.precision !== 'f16') return job.result;
    // The largest f16 is 65,504; rows far from the others can overflow it.
    const again = (await import('./later.ts')).againWhereUnsound(job);
    if (again !== undefined) {
      await this.#again(() => this.#runner.run(() => this.#withKernels(again.job, this.#on.tuner.single)));
      again.takeOver();
    }
    return job.result;
  }

  /**
   * Replaces the parameters by those that `change` makes of them, after all earlier calls and before all later ones.
   * @param accept is called just before; it may throw
   */
  async change(
    change: (parameters: Float32Array) => Promise<Float32Array>,
    accept: () => void,
  ): Promise<void> {
    this.closeGroups();
    const changing = this.#again(() =>
      this.#runner.inTurn(async () => {
        const changed = await change(await this.#downloaded());
        accept();
        this.#on.gpu.buffers.write(this.#on.parameters, changed);
        this.#current.follow(changed);
      }),
    );
    this.#changed = changing.catch(() => undefined);
    return changing;
  }

  /** Lets no later call join those that wait. */
  closeGroups(): void {
    this.#gathering.close();
  }

  /** Waits for the changes of the parameters so far. */
  async changed(): Promise<void> {
    await this.#changed;
  }

  /** All parameters, in the order of the layout. */
  async parameters(): Promise<Float32Array> {
    this.#runner.requireAlive();
    await this.#changed;
    try {
      return await this.#again(() => this.#on.gpu.guard(() => this.#downloaded()));
    } catch (error) {
      this.#runner.requireAlive();
      throw error;
    }
  }

  #downloaded(): Promise<Float32Array> {
    const { gpu, parameters } = this.#on;
    return gpu.buffers.download(parameters, this.#current.model.layout.length);
  }

  async #withKernels<K extends PassName>(
    { pass, planOf, ...job }: PassJob<K>,
    variants?: KernelVariants,
  ): Promise<RowJob> {
    this.#runner.requireAlive();
    const chosen = variants ?? (await this.#variantsFor(pass, job));
    return { ...job, kind: `${pass} (${variantsText(chosen)})`, planOf: (chunk) => planOf(chunk, chosen) };
  }

  async #variantsFor(
    pass: PassName,
    { rows, chunkRows }: Pick<RowJob, 'rows' | 'chunkRows'>,
  ): Promise<KernelVariants> {
    const { kernels } = PASSES[pass];
    const { gpu, tuner } = this.#on;
    const { fixed } = tuner;
    if (kernels === 'tiled') return { ...fixed, regime: 'tiled' };
    return gpu.guard(() =>
      rows < TUNED_ROWS ? tuner.fixedFor(kernels, chunkRows) : tuner.variantsFor(kernels, chunkRows),
    );
  }

  get isAlive(): boolean {
    return this.#runner.isAlive;
  }

  /** @throws {DisposedError} */
  requireAlive(): void {
    this.#runner.requireAlive();
  }

  dispose(): void {
    this.#runner.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
