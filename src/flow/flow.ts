/** A normalizing flow on the GPU. */
import { takeBytes, takeData } from '../calls/callerArrays.ts';
import type { Rows } from '../calls/callerArrays.ts';
import { requireInside } from '../model/domain.ts';
import { domainsOf } from '../spec/offset.ts';
import { DisposedError, ShapeError } from '../errors.ts';
import { FIT_DEFAULTS } from '../training/options.ts';
import type { FitOptions, TrainingData } from '../training/options.ts';
import { forwardJob, gradientsJob, inverseJob, logProbJob, sampleAndLogProbJob, sampleJob } from './jobs.ts';
import type { FlowJob } from './jobs.ts';
import { checkedSpec, FLOW_RULES, LOAD_RULES, requireSample } from './options.ts';
import { RUN_RULES, takeDataRows, takeLatentRows } from '../calls/rows.ts';
import type { FlowOptions, LoadOptions, SampleOptions } from './options.ts';
import type { RunOptions, TakenRows } from '../calls/rows.ts';
import { TRACE_RULES, traceOf } from './trace.ts';
import type { FlowTrace, TraceOptions } from './trace.ts';
import { FlowTraining } from '../training/flowTraining.ts';
import { Gpu } from '../gpu/gpu.ts';
import { FlowPass, requirePass } from './pass.ts';
import type { PassKind, PassOptions } from './pass.ts';
import type { OwnedBuffer } from '../gpu/buffers.ts';
import { requestNavigatorDevice } from '../gpu/device.ts';
import { requirePrecision } from '../gpu/requirePrecision.ts';
import { RowRunner } from '../gpu/rows.ts';
import type { RowJob } from '../gpu/rows.ts';
import { initialParameters, tensorsOfData } from '../spec/init.ts';
import { decodeModel, encodeModel } from '../io/modelFile.ts';
import type { Model, TrainingRecord } from '../io/modelFile.ts';
import { MEMORY_RULES, trainingMemory } from '../training/memory.ts';
import type { MemoryOptions, MemoryReport } from '../training/memory.ts';
import { limitsFor, requireRoom } from './limits.ts';
import { offsetOf, requireUnrounded, shiftOf, withOffset } from '../spec/offset.ts';
import type { Shift } from '../spec/offset.ts';
import { FLAG, requireOptions } from '../calls/optionRules.ts';
import { paramLayout } from '../spec/layout.ts';
import { tensorOf } from '../model/tensors.ts';
import { againWhereUnsound, requireFiniteGradient, requireSound } from './soundRows.ts';
import { numbered, requireFinite } from '../calls/rows.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { FlowModel } from '../spec/layout.ts';
import { GRADIENTS, PARAMETERS } from '../plan/names.ts';
import { variantsText } from '../passes/candidates.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { chunkRowsOf } from '../passes/workspace.ts';
import type { FitReport } from '../training/fit.ts';
import { Tuner } from './tuning.ts';
import type { TuningOptions } from './tuning.ts';

/** Calls of fewer rows take the fixed kernels: a search would last longer than they do. */
const TUNED_ROWS = 4096;

/**
 * A density model: an invertible map f from data x to latent z ~ N(0, I), or another base distribution p_Z, with
 * log p(x) = log p_Z(f(x)) + log|det ∂f/∂x| in nats. Where the spec has a `contextDim`, f depends on a context c that
 * every call takes, and the density is log p(x | c).
 *
 * Rows are row-major [B, D] of any B; memory on the GPU is bounded whatever B is. Latent rows are `Float32Array`s. Data may be
 * a `Float64Array` too, and must be if a column has a large common offset (see `Rows`). The flow of such data gives a
 * `Float64Array` wherever it gives data, since float32 could not hold them; any other gives a `Float32Array`.
 *
 * A call copies its arrays at once: what you write to them while it runs changes nothing. Calls run one after the other.
 * Every method throws DisposedError after `dispose()` and DeviceLostError once the device is gone; an aborted `signal`
 * throws its reason.
 *
 * @example
 * const flow = await Flow.create(realnvp(2), { seed: 1 });
 * for await (const report of flow.fit(points, { steps: 1000 })) console.log(report.step, report.nll);
 * const logProb = await flow.logProb(points);
 * const samples = await flow.sample(1000, { seed: 7 });
 * const bytes = await flow.save();
 * flow.dispose();
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803
 */
export class Flow implements Disposable {
  readonly #context: Gpu;
  readonly #ownsDevice: boolean;
  /** Its spec changes once, if the first data of a fresh flow have an offset. */
  #model: FlowModel;
  #shift: Shift | undefined;
  readonly #chunkRows: number;
  readonly #tuner: Tuner;
  readonly #parameters: OwnedBuffer;
  readonly #runner: RowRunner;
  readonly #training: FlowTraining;
  #disposed = false;

  private constructor(context: Gpu, ownsDevice: boolean, model: Model, tuning: TuningOptions) {
    const layout = paramLayout(model.spec);
    this.#context = context;
    this.#ownsDevice = ownsDevice;
    this.#model = { spec: model.spec, layout };
    this.#shift = shiftOf(model.spec, layout, model.parameters);
    this.#chunkRows = chunkRowsOf(this.#model);
    this.#parameters = context.buffers.storage(PARAMETERS, layout.length);
    this.#tuner = new Tuner(context, this.#model, tuning);
    this.#runner = new RowRunner(
      context,
      new Map([[PARAMETERS, this.#parameters]]),
      () => this.#shift?.offset,
    );
    this.#training = new FlowTraining(model);
    this.#upload(model.parameters);
  }

  /**
   * A fresh flow of `spec`.
   * @throws {ShapeError} when the spec is out of range
   * @throws {DataError} when `data` are not finite, outside their domains, too few, or constant in a column
   * @throws {GpuUnavailableError} when no device was given and there is none
   * @throws {LimitError | GpuMemoryError} when the device has no room for the parameters
   * @throws {FeatureError} when the precision f16 is asked for and the device has no `shader-f16`
   */
  static async create(spec: FlowSpec, options: FlowOptions = {}): Promise<Flow> {
    requireOptions('create', options, FLOW_RULES);
    const checked = checkedSpec(spec);
    const { data: given, seed = 0, ...opening } = options;
    const data = given === undefined ? undefined : takeData('data', given);
    const start = data && (await import('../data/gaussian.ts')).dataStart(checked, data, { isFresh: true });
    const flow = await Flow.#open(checked, opening, () => {
      const parameters = initialParameters(checked, seed);
      const fromData = start && tensorsOfData(paramLayout(checked), start);
      fromData?.forEach(({ tensor, values }) => parameters.set(values, tensor.offset));
      const started = start === undefined ? checked : withOffset(checked, start.offset);
      return { spec: started, parameters };
    });
    flow.#training.isFresh = data === undefined;
    return flow;
  }

  /**
   * The flow that `save()` wrote, or that another program wrote in the format of docs/model-file.md.
   * @throws {ModelFileError} when the bytes are not a sound model file; nothing reaches the GPU then
   * @throws {GpuUnavailableError | LimitError | FeatureError} as `create`
   */
  static async load(bytes: Uint8Array, options: LoadOptions = {}): Promise<Flow> {
    requireOptions('load', options, LOAD_RULES);
    const model = decodeModel(takeBytes('bytes', bytes), options.fileName);
    return Flow.#open(model.spec, options, () => model);
  }

  static async #open(
    spec: FlowSpec,
    { device, ...tuning }: TuningOptions & { device?: GPUDevice },
    model: () => Model,
  ): Promise<Flow> {
    const opened = device ?? (await requestNavigatorDevice(limitsFor(spec)));
    try {
      requireRoom(spec, opened);
      requirePrecision(tuning.precision ?? 'f32', spec, opened);
      const flow = new Flow(Gpu.of(opened), device === undefined, model(), tuning);
      await flow.#context.guard(() => flow.#opened());
      return flow;
    } catch (error) {
      if (device === undefined) opened.destroy();
      throw error;
    }
  }

  /** What the flow is made of. Its `standardize` has an offset if the data need one. */
  get spec(): FlowSpec {
    return this.#model.spec;
  }

  /** Number of features D. */
  get dim(): number {
    return this.spec.dim;
  }

  /** The device that the flow runs on. */
  get device(): GPUDevice {
    return this.#context.device;
  }

  /** What made this model: columns, steps, seed; undefined for a flow that was never trained. */
  get training(): TrainingRecord | undefined {
    return this.#training.record;
  }

  /**
   * Maps data x [B, D] to the latent z [B, D], with the log-det of the map per row (nats) [B].
   * @throws {ShapeError} when x.length is not a multiple of D, or the context is not that of its rows
   * @throws {DataError} when a value is not finite or outside its domain
   * @throws {NonFiniteError} when a result is not finite
   */
  async forward(x: Rows, options: RunOptions = {}): Promise<{ z: Float32Array; logDet: Float32Array }> {
    requireOptions('forward', options, RUN_RULES);
    return this.#sound(forwardJob(this.#model, this.#takeData(x), options));
  }

  /**
   * Maps latent z [B, D] to data x [B, D], with the log-det of this inverse map per row (nats) [B].
   * @throws {ShapeError} when z.length is not a multiple of D, or the context is not that of its rows
   * @throws {DataError} when a value is not finite
   * @throws {NonFiniteError} when a result is not finite
   */
  async inverse(z: Float32Array, options: RunOptions = {}): Promise<{ x: Rows; logDet: Float32Array }> {
    requireOptions('inverse', options, RUN_RULES);
    return this.#sound(inverseJob(this.#model, this.#takeLatent(z), options));
  }

  /**
   * What each bijector makes of the rows [B, D], which are data, or latent rows where the direction is `inverse`: the
   * states on the way, and the log-det of each bijector alone (nats).
   * @throws {ShapeError} when rows.length is not a multiple of D
   */
  async trace(rows: Rows, options: TraceOptions = {}): Promise<FlowTrace> {
    this.#requireAlive();
    requireOptions('trace', options, TRACE_RULES);
    const taken = options.direction === 'inverse' ? this.#takeLatent(rows) : this.#takeData(rows);
    return traceOf(this.#model, taken, options, this.#tuner.fixed, (job) => this.#runner.run(job));
  }

  /**
   * The log-density of each row of x [B, D], in nats and in the data's own units. It is −∞ for a row without density:
   * outside a uniform base, or so far out that float32 has no smaller number.
   * @throws {ShapeError} when x.length is not a multiple of D, or the context is not that of its rows
   * @throws {DataError} when a value is not finite or outside its domain
   * @throws {NonFiniteError} when a result is not finite
   */
  async logProb(x: Rows, options: RunOptions = {}): Promise<Float32Array> {
    requireOptions('logProb', options, RUN_RULES);
    return this.#sound(logProbJob(this.#model, this.#takeData(x), options));
  }

  /**
   * Draws n rows x [n, D]: z of the base distribution, by default N(0, temperature² I), and x = f⁻¹(z).
   * @throws {ShapeError} when n, seed, firstRow or temperature is out of range, or the context is not that of n rows
   */
  async sample(n: number, options: SampleOptions = {}): Promise<Rows> {
    requireSample('sample', n, options, this.dim);
    return this.#sound(sampleJob(this.#model, n, options));
  }

  /**
   * As `sample`, with the latent rows z [n, D] and each row's log-density under the model (at temperature 1), in
   * nats [n].
   * @throws {ShapeError} as `sample`
   */
  async sampleAndLogProb(
    n: number,
    options: SampleOptions = {},
  ): Promise<{ x: Rows; logProb: Float32Array; z: Float32Array }> {
    requireSample('sampleAndLogProb', n, options, this.dim);
    return this.#sound(sampleAndLogProbJob(this.#model, n, options));
  }

  /**
   * The mean NLL of x [B, D] in nats and its gradient with respect to every trainable tensor, by the tensor's
   * name in the model file, each flat in the tensor's shape. Rows outside a uniform base have no density: `withoutDensity`
   * counts them, and the mean NLL is infinite. The gradient is that of `loss`, the finite mean that training lowers; it
   * is the mean NLL of rows that all have a density.
   * @throws {ShapeError} when x is empty, x.length is not a multiple of D, or the context is not that of its rows
   */
  async gradients(
    x: Rows,
    options: RunOptions = {},
  ): Promise<{
    nll: number;
    loss: number;
    withoutDensity: number;
    gradients: Record<string, Float32Array>;
  }> {
    requireOptions('gradients', options, RUN_RULES);
    const taken = this.#takeData(x);
    if (taken.count === 0) throw new ShapeError('x', '0 rows', 'at least 1 row');
    const { layout } = this.#model;
    const job = gradientsJob(this.#model, taken, options);
    const flat = await this.#runner.accumulate(await this.#withKernels(job), {
      buffer: GRADIENTS,
      length: layout.trainableLength,
    });
    requireSound(job);
    const trainable = layout.tensors.filter((tensor) => tensor.trainable);
    const gradients = Object.fromEntries(trainable.map((tensor) => [tensor.name, tensorOf(flat, tensor)]));
    for (const [name, values] of Object.entries(gradients)) requireFiniteGradient(name, values, taken.count);
    const loss = job.result.reduce((sum, value) => sum + value, 0) / taken.count;
    const withoutDensity = await this.#countWithoutDensity(taken, options);
    return { nll: withoutDensity === 0 ? loss : Infinity, loss, withoutDensity, gradients };
  }

  /** Rows outside a uniform base; every other base has a density everywhere. */
  async #countWithoutDensity(rows: TakenRows, options: RunOptions): Promise<number> {
    if (this.spec.base.type !== 'uniform') return 0;
    const logProb = await this.#sound(logProbJob(this.#model, rows, options));
    return logProb.reduce((count, value) => count + (value === -Infinity ? 1 : 0), 0);
  }

  /**
   * Trains on the GPU by Adam on the mean NLL; iterate to make it go. Reports come a few times a second, while
   * the GPU is already at work on the next steps. Stop early by `break` or by `signal`: the flow keeps the
   * steps that were done. The data scale and standardise a fresh flow; one that was trained or loaded keeps its scale,
   * mean and std.
   * @throws {DataError} when the data are not finite, too few, or constant in a column, and for `resume` without
   * an earlier run
   * @throws {ShapeError} when an option is out of range, or another `fit` is still running
   * @throws {LimitError} when the batch does not fit the device
   * @throws {TrainingDivergedError} when a loss, gradient or update is not finite; such an update is never applied
   */
  fit(data: TrainingData, options: FitOptions): AsyncGenerator<FitReport, void, undefined> {
    this.#requireAlive();
    const trainee = {
      context: this.#context,
      model: this.#model,
      parameters: this.#parameters,
      variantsFor: (batch: number, stored: unknown) => this.#tuner.variantsFor('gradient', batch, stored),
      spec: () => this.spec,
      shiftTo: (shift: Shift) => this.#shiftTo(shift),
      isAlive: () => !this.#disposed,
      logProb: (rows: TakenRows, run: RunOptions, variants: KernelVariants) =>
        this.#run(logProbJob(this.#model, rows, run), variants),
    };
    return this.#training.fit(trainee, data, options);
  }

  /**
   * The bytes that `fit` holds on the GPU for batches of `batch` rows, from the plan of its steps: by the kernels that
   * the last `fit` of such batches chose, else by those of the fixed table. Nothing is allocated.
   * @throws {ShapeError} when an option is out of range
   */
  memory(options: MemoryOptions = {}): MemoryReport {
    this.#requireAlive();
    requireOptions('memory', options, MEMORY_RULES);
    const { batch = FIT_DEFAULTS.batch } = options;
    return trainingMemory(this.#model, options, this.#tuner.chosenFor('gradient', batch));
  }

  /** The most rows of a `pass`. */
  get passRows(): number {
    return this.#chunkRows;
  }

  /**
   * A pass over rows that stay on the GPU, for the caller to record, bind and draw from: see `FlowPass`. Kernels are
   * those of the fixed table.
   * @throws {ShapeError} when the rows are out of range, or the context is not that of the rows
   * @throws {LimitError} when they do not fit the device
   */
  async pass<K extends PassKind>(kind: K, options: PassOptions): Promise<FlowPass<K>> {
    this.#requireAlive();
    requirePass(kind, options);
    const shared = new Map([[PARAMETERS, this.#parameters]]);
    const run = { variants: this.#tuner.fixed, most: this.#chunkRows, isAlive: () => !this.#disposed };
    const make = (): Promise<FlowPass<K>> =>
      FlowPass.create(this.#context, this.#model, shared, kind, options, run);
    return this.#context.guard(make);
  }

  /** All parameters, by their name in the model file. */
  async parameters(): Promise<Record<string, Float32Array>> {
    const flat = await this.#download();
    return Object.fromEntries(
      this.#model.layout.tensors.map((tensor) => [tensor.name, tensorOf(flat, tensor)]),
    );
  }

  /**
   * The model as a safetensors file (docs/model-file.md). `checkpoint` adds the optimiser's state, so that
   * `fit(…, { resume: true })` goes on bit for bit. While `fit` runs, the file holds the last submitted step. Once the
   * device is lost, it holds the best parameters that the host has of the last `fit`.
   */
  async save(options: { checkpoint?: boolean } = {}): Promise<Uint8Array> {
    requireOptions('save', options, { checkpoint: FLAG });
    const { checkpoint = false } = options;
    const { copy } = this.#training;
    if (this.#context.isLost && !this.#disposed && !checkpoint && copy !== undefined) {
      return encodeModel({ spec: this.spec, ...copy });
    }
    this.#requireAlive();
    const { snapshot, last } = this.#training;
    const running = snapshot && (await this.#context.guard(snapshot));
    if (checkpoint) {
      const stopped = running ?? last;
      if (stopped !== undefined) return encodeModel({ spec: this.spec, ...stopped });
    }
    const parameters = running?.parameters ?? (await this.#download());
    const training = running?.training ?? this.#training.record;
    return encodeModel({ spec: this.spec, parameters, ...(training === undefined ? {} : { training }) });
  }

  /** Frees everything on the GPU, and the device if the flow opened it. Further calls do nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#runner.dispose();
    this.#parameters.dispose();
    if (this.#ownsDevice) this.#context.device.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Rows of data x, as they are now.
   * @throws {DataError} when a value is not finite, outside its feature's domain, or rounded before the flow's offset is
   * subtracted
   */
  #takeData(x: Rows): TakenRows {
    const taken = takeDataRows('x', x, this.dim);
    const columns = this.#training.record?.columns ?? numbered('x', this.dim);
    requireFinite(taken.values, columns);
    requireInside(taken.values, domainsOf(this.spec), { columns });
    requireUnrounded(taken.values, this.#shift, columns);
    return taken;
  }

  /** Latent rows z. @throws {DataError} when a value is not finite */
  #takeLatent(z: Rows): TakenRows {
    const taken = takeLatentRows('z', z, this.dim);
    requireFinite(taken.values, numbered('z', this.dim));
    return taken;
  }

  /** The result of the job, of which every row is finite. @throws {NonFiniteError} when one is not */
  async #sound<Result>(job: FlowJob<Result>): Promise<Result> {
    await this.#run(job);
    requireSound(job);
    return job.result;
  }

  async #run<Result>(job: FlowJob<Result>, variants?: KernelVariants): Promise<Result> {
    await this.#runner.run(await this.#withKernels(job, variants));
    // f16 ends at 65,504, which rows far from the others pass on the way.
    const again = this.#tuner.fixed.precision === 'f16' ? againWhereUnsound(job) : undefined;
    if (again !== undefined) {
      await this.#runner.run(await this.#withKernels(again.job, this.#tuner.single));
      again.takeOver();
    }
    return job.result;
  }

  /** The job by the kernels `variants`, or else by the choice for its pass. */
  async #withKernels({ pass, planOf, ...job }: FlowJob<unknown>, variants?: KernelVariants): Promise<RowJob> {
    this.#requireAlive();
    const { rows, kind } = job;
    const search = (): Promise<KernelVariants> => this.#tuner.variantsFor(pass, this.#chunkRows);
    const chosen = variants ?? (rows < TUNED_ROWS ? this.#tuner.fixed : await this.#context.guard(search));
    return {
      ...job,
      kind: `${kind} (${variantsText(chosen)})`,
      chunkRows: this.#chunkRows,
      planOf: (chunk) => planOf(chunk, chosen),
    };
  }

  /** Rejects, and leaves nothing on the GPU, when there was no room for the parameters. */
  async #opened(): Promise<void> {
    try {
      await this.#parameters.sound;
    } catch (error) {
      this.#parameters.dispose();
      throw error;
    }
  }

  #shiftTo(shift: Shift): void {
    const { layout, spec } = this.#model;
    this.#model = { layout, spec: withOffset(spec, shift.offset) };
    this.#shift = offsetOf(this.spec) && shift;
  }

  #upload(parameters: Float32Array): void {
    this.#context.buffers.write(this.#parameters, parameters);
  }

  async #download(): Promise<Float32Array> {
    this.#requireAlive();
    try {
      return await this.#context.guard(() =>
        this.#context.buffers.download(this.#parameters, this.#model.layout.length),
      );
    } catch (error) {
      this.#requireAlive();
      throw error;
    }
  }

  #requireAlive(): void {
    if (this.#disposed) throw new DisposedError('Flow');
  }
}
