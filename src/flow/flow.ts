/** A normalizing flow on the GPU. */
import { takeData, takeFloats, takeSource } from '../calls/callerArrays.ts';
import type { GivenRows, ModelSource, NumberRows, Rows } from '../calls/callerArrays.ts';
import { DisposedError } from '../errors.ts';
import { FIT_DEFAULTS } from '../training/settingTable.ts';
import type { GivenData, GivenFit } from '../training/options.ts';
import { CLONE_RULES, LOAD_RULES, LOG_PROB_RULES, openingOf, requireSample, TRACE_RULES } from './options.ts';
import type {
  CloneOptions,
  FlowOptions,
  FlowTrace,
  LoadOptions,
  LogProbOptions,
  PresetFlowOptions,
  ImageFlowOptions,
  SampleOptions,
  SaveOptions,
  TraceOptions,
  WaitOptions,
} from './options.ts';
import { RUN_RULES } from '../calls/rows.ts';
import type { RunOptions } from '../calls/rows.ts';
import { PassRunner } from './passRunner.ts';
import type { DeviceParts, FlowGradients } from './passRunner.ts';
import { FlowTraining } from '../training/training.ts';
import type { Trainee } from '../training/trainee.ts';
import { pixelWidths } from '../spec/offset.ts';
import { trainingFor } from '../presets/preset.ts';
import type { ImagePreset } from '../presets/imagePreset.ts';
import type { Preset } from '../presets/preset.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Conditionals } from '../conditionals/conditionals.ts';
import { FlowContents, modelFiles } from './contents.ts';
import type { TensorValues } from './contents.ts';
import { DeviceLease } from './lease.ts';
import type { FlowPass, PassKind, PassOptions } from './pass.ts';
import { CurrentModel, freshModel } from './start.ts';
import type { Model, TrainingRecord } from '../io/modelFile.ts';
import type { MemoryOptions, MemoryReport } from '../training/memory.ts';
import { requireOptions } from '../calls/optionRules.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { FlowModel } from '../spec/layout.ts';
import { PARAMETERS } from '../plan/names.ts';
import { TRACES } from '../passes/index.ts';
import { chunkRowsOf } from '../passes/workspace.ts';
import type { FitReport } from '../training/report.ts';
import type { StepwiseRun } from '../training/stepwise.ts';
import { Tuner } from './tuning.ts';
import type { TuningOptions } from './tuningOptions.ts';

/** Loaded with the first call that needs it. */
const later = () => import('./later.ts');

/**
 * A density model: an invertible map f from data x to latent z ~ N(0, I), or another base distribution p_Z,
 * with log p(x) = log p_Z(f(x)) + log|det ∂f/∂x| in nats. If the spec has a `contextDim`, f depends on a
 * context c that every call takes, and the density is log p(x | c).
 *
 * Rows are row-major [B, D] with any B; memory on the GPU is bounded for every B. Latent rows are `Float32Array`s. Data
 * may be a `Float64Array`, and must be if a column has a large common offset (see `Rows`). A flow with an offset
 * returns data as `Float64Array`, because float32 could not hold them; other flows return `Float32Array`.
 *
 * A call copies its arrays at once, so you may overwrite them while it runs. Calls run one after another.
 * Every method throws DisposedError after `dispose()`; an aborted `signal` throws its reason.
 *
 * If the device is lost, the flow opens another one, and its calls run once more. A `fit` goes on from a state of the
 * last few seconds, to the same result unless it diverges too. That needs a device that the flow or `openDevice` opened; with any other, and
 * for a `pass`, whose rows are gone, a loss throws DeviceLostError.
 *
 * @example
 * const flow = await Flow.create(PRESETS.realnvp, { dim: 2, seed: 1 });
 * for await (const report of flow.fit(points)) console.log(report.step, report.nll);
 * const logProb = await flow.logProb(points);
 * const samples = await flow.sample(1000, { seed: 7 });
 * const bytes = await flow.save();
 * flow.dispose();
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803
 */
export class Flow implements Disposable {
  readonly #lease: DeviceLease;
  readonly #tuning: TuningOptions;
  readonly #current: CurrentModel;
  #on: DeviceParts;
  readonly #passes: PassRunner;
  readonly #training: FlowTraining;
  readonly #contents: FlowContents;
  /** The training settings of the flow's preset, as `fit` uses them. */
  #defaults: Trainee['defaults'] = () => ({});
  #disposed = false;

  private constructor(lease: DeviceLease, model: Model, tuning: TuningOptions) {
    this.#lease = lease;
    this.#tuning = tuning;
    this.#current = new CurrentModel(model);
    this.#on = this.#partsOn(lease.gpu);
    this.#passes = new PassRunner(
      this.#on,
      this.#current,
      () => this.#training.record?.columns,
      () => this.#reopen(),
    );
    this.#training = new FlowTraining(() => this.#trainee(), model, later);
    this.#contents = new FlowContents(this.#passes, this.#current, this.#training);
  }

  /** The parts of the flow on a device, with the parameters that the host has. */
  #partsOn(gpu: Gpu, before?: DeviceParts): DeviceParts {
    const parameters = gpu.buffers.storage(PARAMETERS, this.#model.layout.length);
    gpu.buffers.write(parameters, this.#current.parameters);
    return { gpu, parameters, tuner: new Tuner(gpu, this.#model, this.#tuning, before?.tuner) };
  }

  /** Moves the flow to another device in place of a lost one. @returns whether there is one */
  async #reopen(): Promise<boolean> {
    if (this.#disposed || !(await this.#lease.reopen()) || this.#disposed) return false;
    if (this.#on.gpu !== this.#lease.gpu) {
      this.#on.parameters.dispose();
      this.#on = this.#partsOn(this.#lease.gpu, this.#on);
      this.#passes.moveTo(this.#on);
    }
    return true;
  }

  /**
   * A fresh flow of `spec`.
   * @throws {ShapeError} when the spec is out of range
   * @throws {DataError} when `data` are not finite, outside their domains, too few, or constant in a column
   * @throws {GpuUnavailableError} when no device was given and none is available
   * @throws {LimitError | GpuMemoryError} when the device has no room for the parameters
   * @throws {FeatureError} when the precision is f16 and the device lacks `shader-f16`
   */
  static async create(spec: FlowSpec, options?: FlowOptions): Promise<Flow>;
  /** A fresh flow of a preset with `dim` features; `fit` then uses the preset's settings and the same seed. */
  static async create(preset: Preset, options: PresetFlowOptions): Promise<Flow>;
  /** A fresh flow of images of a shape: see `IMAGE_PRESETS`. */
  static async create(preset: ImagePreset, options: ImageFlowOptions): Promise<Flow>;
  static async create(
    given: FlowSpec | Preset | ImagePreset,
    options: FlowOptions | PresetFlowOptions | ImageFlowOptions = {},
  ): Promise<Flow> {
    const { spec, options: own, preset } = openingOf(given, options);
    const { data: rows, seed = 0, ...opening } = own;
    const data = rows === undefined ? undefined : takeData('data', rows, spec.dim);
    const flow = await Flow.#open(spec, opening, await freshModel(spec, seed, data));
    if (preset !== undefined) {
      flow.#defaults = (learned) => ({ ...trainingFor(preset, spec.dim, learned), seed });
    }
    flow.#training.isFresh = data === undefined;
    return flow;
  }

  /**
   * The flow of a model file, which `save()` or another program wrote in the format of docs/model-file.md: its bytes, or
   * a response or blob that has them.
   * @throws {ModelFileError} when they are not a sound model file, or the response is an error; nothing reaches the GPU then
   * @throws {GpuUnavailableError | LimitError | FeatureError} like `create`
   */
  static async load(source: ModelSource, options: LoadOptions = {}): Promise<Flow> {
    requireOptions('load', options, LOAD_RULES);
    const taken = takeSource('source', source);
    const { fileName, ...opening } = options;
    const model = await (await modelFiles()).loadModel(taken, fileName, opening.signal);
    return Flow.#open(model.spec, opening, () => model);
  }

  static async #open(
    spec: FlowSpec,
    { device, signal, ...tuning }: CloneOptions,
    model: () => Model,
    shared?: DeviceLease,
  ): Promise<Flow> {
    const lease = shared ?? (await DeviceLease.open(spec, device));
    let flow: Flow | undefined;
    try {
      signal?.throwIfAborted();
      await lease.requireSuited(spec, tuning.precision);
      flow = new Flow(lease, model(), tuning);
      await flow.#passes.ready();
      signal?.throwIfAborted();
      return flow;
    } catch (error) {
      if (flow === undefined) lease.release();
      flow?.dispose();
      throw error;
    }
  }

  /** The spec of the flow. Its `standardize` has an offset if the data need one. */
  get spec(): FlowSpec {
    return this.#model.spec;
  }

  /** Number of features D. */
  get dim(): number {
    return this.spec.dim;
  }

  /** The device that the flow runs on; another one after a loss. */
  get device(): GPUDevice {
    return this.#on.gpu.device;
  }

  /** The run that trained this model: columns, steps, seed; undefined if the flow was never trained. */
  get training(): TrainingRecord | undefined {
    return this.#training.record;
  }

  /**
   * Maps data x [B, D] to the latent z [B, D], with the log-det of the map per row (nats) [B].
   * @throws {ShapeError} when x.length is not a multiple of D, or the context does not fit the rows
   * @throws {DataError} when a value is not finite or outside its domain
   * @throws {NonFiniteError} when a result is not finite
   */
  async forward(x: GivenRows, options: RunOptions = {}): Promise<{ z: Float32Array; logDet: Float32Array }> {
    requireOptions('forward', options, RUN_RULES);
    return this.#passes.call('forward', x, options);
  }

  /**
   * Maps latent z [B, D] to data x [B, D], with the log-det of this inverse map per row (nats) [B].
   * @throws {ShapeError} when z.length is not a multiple of D, or the context does not fit the rows
   * @throws {DataError} when a value is not finite
   * @throws {NonFiniteError} when a result is not finite
   */
  async inverse(
    z: Float32Array | NumberRows,
    options: RunOptions = {},
  ): Promise<{ x: Rows; logDet: Float32Array }> {
    requireOptions('inverse', options, RUN_RULES);
    return this.#passes.call('inverse', z, options);
  }

  /**
   * The rows [B, D] before and after each bijector, and the log-det of each bijector alone (nats). The rows
   * are data; with the direction `inverse` they are latent rows.
   * @throws {ShapeError} when rows.length is not a multiple of D
   */
  async trace(rows: GivenRows, options: TraceOptions = {}): Promise<FlowTrace> {
    this.#requireAlive();
    requireOptions('trace', options, TRACE_RULES);
    return this.#passes.call(TRACES[options.direction ?? 'forward'], rows, options);
  }

  /**
   * The log-density of each row of x [B, D], in nats and in the data's own units. It is −∞ for a row without
   * density: outside a uniform base, or so far out that float32 overflows. With `widths`, it is the log-mass of cells
   * that are intervals, by the mean over `draws` points of each row. Whole numbers of a flow of images are such intervals:
   * see `bitsPerDimension`.
   * @throws {ShapeError} when x.length is not a multiple of D, or the context does not fit the rows
   * @throws {DataError} when a value is not finite or outside its domain
   * @throws {NonFiniteError} when a result is not finite
   */
  async logProb(x: GivenRows, options: LogProbOptions = {}): Promise<Float32Array> {
    requireOptions('logProb', options, LOG_PROB_RULES);
    const { context, signal } = options;
    const { image } = this.spec;
    const { widths = image && pixelWidths(this.spec, takeData('x', x, this.dim)) } = options;
    const logProb = async (rows: GivenRows, given: RunOptions['context']): Promise<Float32Array> =>
      (await this.#passes.call('logProb', rows, { context: given, signal })).logProb;
    if (widths === undefined) return logProb(x, context);
    const { dim, contextDim } = this.spec;
    const cells = { values: takeData('x', x, dim), widths: takeFloats('widths', widths, dim) };
    const taken = { ...options, ...(context && { context: takeFloats('context', context, contextDim) }) };
    return (await later()).logMasses(cells, this.spec, taken, logProb);
  }

  /**
   * Draws n rows x [n, D]: z from the base distribution, by default N(0, temperature² I), and x = f⁻¹(z).
   * @throws {ShapeError} when n, seed, firstRow or temperature is out of range, or the context does not fit n rows
   */
  async sample(n: number, options: SampleOptions = {}): Promise<Rows> {
    requireSample('sample', n, options, this.dim);
    return (await this.#passes.call('sample', n, options)).x;
  }

  /**
   * Like `sample`; also returns the latent rows z [n, D] and each row's log-density under the model (at
   * temperature 1), in nats [n].
   * @throws {ShapeError} like `sample`
   */
  async sampleAndLogProb(
    n: number,
    options: SampleOptions = {},
  ): Promise<{ x: Rows; logProb: Float32Array; z: Float32Array }> {
    requireSample('sampleAndLogProb', n, options, this.dim);
    return this.#passes.call('sampleAndLogProb', n, options);
  }

  /**
   * The mean NLL of x [B, D] in nats and its gradient with respect to every trainable tensor, by the tensor's
   * name in the model file, each flat in the tensor's shape. Rows outside a uniform base have no density:
   * `withoutDensity` counts them, and the mean NLL is infinite. The gradient belongs to `loss`, the finite
   * mean that training minimises. If every row has a density, `loss` is the mean NLL.
   * @throws {ShapeError} when x is empty, x.length is not a multiple of D, or the context does not fit the rows
   */
  async gradients(x: GivenRows, options: RunOptions = {}): Promise<FlowGradients> {
    requireOptions('gradients', options, RUN_RULES);
    return this.#passes.gradients(x, options);
  }

  /**
   * The log-density of each row of x [B, D], in nats, and its gradient ∂log p/∂x [B, D] with respect to the row, in nats
   * per unit of the data: the score. The gradient of a row without density, whose log-density is −∞, is 0.
   * @throws {ShapeError} when x.length is not a multiple of D, or the context does not fit the rows
   * @throws {DataError} when a value is not finite or outside its domain
   * @throws {NonFiniteError} when a result is not finite
   */
  async logProbGradient(
    x: GivenRows,
    options: RunOptions = {},
  ): Promise<{ logProb: Float32Array; gradient: Float32Array }> {
    requireOptions('logProbGradient', options, RUN_RULES);
    return this.#passes.logProbGradient(x, options);
  }

  /**
   * Trains on the GPU with Adam on the mean NLL; iterate over the result to run it. Without options it trains like
   * `wgflow train`: with the settings of the flow's preset, at most 3000 steps. Reports come a few times a second,
   * while the GPU already works on the next steps. Stop early by `break` or by `signal`: the flow keeps the finished
   * steps. The data set the scale, mean and std of a fresh flow; a trained or loaded flow keeps its values.
   * @throws {DataError} when the data are not finite, too few, or constant in a column, and for `resume`
   * without an earlier run
   * @throws {ShapeError} when an option is out of range, or another `fit` is still running
   * @throws {LimitError} when the batch does not fit the device
   * @throws {TrainingDivergedError} when losses, gradients or updates are not finite although training went back to
   * earlier weights; no such value reaches a parameter
   */
  fit(data: GivenData, options: GivenFit = {}): AsyncGenerator<FitReport, void, undefined> {
    this.#requireAlive();
    return this.#training.fit(data, options);
  }

  /**
   * Begins a training run that the caller steps: `run.steps(n)`, `run.score()`, `run.end()`. Data and options are those
   * of `fit`, which makes the same steps.
   * @throws like `fit`
   */
  async train(data: GivenData, options: GivenFit = {}): Promise<StepwiseRun> {
    this.#requireAlive();
    return this.#training.train(data, options);
  }

  /**
   * The bytes that `fit` holds on the GPU for batches of `batch` rows, computed from the plan of its steps. The kernels
   * are the ones that the last `fit` chose for such batches, or else the fixed table's. Nothing is allocated.
   * @throws {ShapeError} when an option is out of range
   */
  async memory(options: MemoryOptions = {}): Promise<MemoryReport> {
    this.#requireAlive();
    const taken = { ...options };
    const { MEMORY_RULES, trainingMemory } = await later();
    requireOptions('memory', taken, MEMORY_RULES);
    const { batch = FIT_DEFAULTS.batch, rows = 0 } = taken;
    const variants = this.#on.tuner.chosenFor('gradient', batch);
    return trainingMemory(this.#model, taken, variants, this.#defaults(rows === 0 ? Infinity : rows));
  }

  /**
   * The distribution of each column of a row given the others. `explain`, `predict`, `impute` and `sampleGiven` of
   * wgflow/table use it.
   * @throws {ShapeError | DataError} when a question does not fit the flow
   */
  async conditionals(): Promise<Conditionals> {
    this.#requireAlive();
    return (await later()).conditionalsOf(this.#model, this.#passes, this.#training.record, (n, options) =>
      this.sample(n, options),
    );
  }

  /** The maximum number of rows of a `pass`. */
  get passRows(): number {
    return chunkRowsOf(this.#model);
  }

  /**
   * A pass over rows that stay on the GPU, for the caller to record, bind and draw from: see `FlowPass`. It
   * uses the kernels of the fixed table.
   * @throws {ShapeError} when the rows are out of range, or the context does not fit them
   * @throws {LimitError} when they do not fit the device
   */
  async pass<K extends PassKind>(kind: K, options: PassOptions): Promise<FlowPass<K>> {
    this.#requireAlive();
    const taken = { ...options };
    if (taken.context !== undefined) {
      taken.context = takeFloats('pass option context', taken.context, this.spec.contextDim);
    }
    if (this.#on.gpu.isLost) await this.#reopen();
    const { gpu, parameters, tuner } = this.#on;
    const { FlowPass: Pass } = await later();
    return gpu.guard(async () =>
      Pass.create(kind, taken, {
        gpu,
        model: this.#model,
        parameters,
        variants: await tuner.fixedFor('forward', this.passRows),
        isAlive: () => !this.#disposed,
      }),
    );
  }

  /**
   * All parameters, by their names in the model file, each flat in the tensor's shape, such as [D].
   * @throws {GpuMemoryError | GpuWorkError} when they could not be read
   */
  async parameters(options: WaitOptions = {}): Promise<Record<string, Float32Array>> {
    return this.#contents.parameters(options);
  }

  /**
   * Replaces tensors by their names in the model file, each flat in the tensor's shape: some, or all that `parameters()`
   * returns. Earlier calls see the old values, later ones the new; a `logProb` with `widths` runs in parts, each with the
   * values of its turn. If any value is refused, none changes. The record of the training stays, without `heldOut`, which
   * was of the old values, but no earlier run can be resumed.
   * @throws {ShapeError} for an unknown name, another length, a value that a model file may not have, or while a `fit` runs
   */
  async setParameters(values: TensorValues, options: WaitOptions = {}): Promise<void> {
    return this.#contents.setParameters(values, options);
  }

  /**
   * A second flow with the same spec, parameters and record, and with the state for `fit(…, { resume: true })`. From then
   * on the two are independent. It runs on the same device, which closes with the last flow that uses it, if the flow
   * opened it itself.
   * @throws like `load`
   */
  async clone(options: CloneOptions = {}): Promise<Flow> {
    this.#requireAlive();
    requireOptions('clone', options, CLONE_RULES);
    const lease = options.device === undefined ? this.#lease.share() : undefined;
    const { model, last, isFresh } = await this.#contents.now().catch((error: unknown) => {
      lease?.release();
      throw error;
    });
    const flow = await Flow.#open(model.spec, { ...this.#tuning, ...options }, () => model, lease);
    flow.#defaults = this.#defaults;
    flow.#training.isFresh = isFresh && model.training === undefined;
    flow.#training.last = last;
    return flow;
  }

  /**
   * The model as a safetensors file (docs/model-file.md). `checkpoint` adds the optimiser's state, so that
   * `fit(…, { resume: true })` continues bit for bit. While `fit` runs, the file holds the last submitted
   * step. If the device is lost and there is no other, it holds the parameters that the host has: those of the last
   * few seconds of a `fit`.
   * @throws {GpuMemoryError | GpuWorkError} when the parameters could not be read
   */
  async save(options: SaveOptions = {}): Promise<Uint8Array> {
    return this.#contents.save(options);
  }

  /** Frees everything on the GPU, and the device if the flow opened it. Repeated calls do nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#passes.dispose();
    this.#on.parameters.dispose();
    this.#on.gpu.buffers.flush();
    this.#lease.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #model(): FlowModel {
    return this.#current.model;
  }

  /** The parts of this flow that training uses. */
  #trainee(): Trainee {
    const { gpu, parameters, tuner } = this.#on;
    return {
      gpu,
      parameters,
      model: () => this.#model,
      defaults: (rows) => this.#defaults(rows),
      variantsFor: (rows, stored) => tuner.variantsFor('gradient', rows, stored),
      shiftTo: (shift) => {
        // Rows of data may be float64 from now on.
        this.#passes.closeGroups();
        this.#current.shiftTo(shift);
      },
      hostParameters: () => this.#current.parameters,
      keepOnHost: (values) => {
        this.#current.parameters = values;
      },
      isAlive: () => !this.#disposed,
      logProb: async (rows, options, variants) => {
        const logProb = await this.#passes.logProb(rows, options, variants);
        // Otherwise the flow may have moved to another device, with other parameters.
        gpu.requireAlive();
        return logProb;
      },
      reopen: () => this.#reopen(),
    };
  }

  #requireAlive(): void {
    if (this.#disposed) throw new DisposedError('Flow');
  }
}
