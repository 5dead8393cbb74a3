/** Passes over rows that stay on the GPU, for pictures and other programs without readbacks. */
import { DeviceLostError, DisposedError, ShapeError } from '../errors.ts';
import type { NumberRows } from '../calls/callerArrays.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { OwnedBuffer } from '../gpu/buffers.ts';
import { GpuProgram } from '../gpu/executor.ts';
import { columnsOf, repeatedRow } from '../gpu/rows.ts';
import { FLOATS, integer, requireOptions, SEED, SIGNAL } from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { takeContext } from '../calls/rows.ts';
import type { BufferSpec } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';
import { numbered, requireFinite } from '../calls/rows.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { givesOf, PASSES } from '../passes/index.ts';
import type { FlowModel } from '../spec/layout.ts';
import { CONTEXT, PARAMETERS, STATE } from '../plan/names.ts';
import { chunkRowsOf } from '../passes/workspace.ts';
import type { KernelVariants } from '../plan/variants.ts';

/**
 * The result of each kind of pass, and its buffers, all f32:
 *
 * | kind | before → after |
 * |---|---|
 * | `forward` | `state` x → z, `logDet` |
 * | `inverse` | `state` z → x, `logDet` of the inverse |
 * | `logProb` | `state` x → z, minus the mean of a class-conditional base; `logProb` in nats |
 * | `sample` | `state` samples x |
 * | `trace` | `state` x → z; `states` x and the output of each bijector; `logDets` of each bijector |
 *
 * If the flow's `standardize` has an `offset`, x here is x minus the offset, in both directions: float32
 * cannot hold x itself.
 *
 * `state` is [D, stride], feature-major; `states` [L + 1, D, stride]; `logDet` and `logProb` [stride];
 * `logDets` [L, stride], for the L bijectors in the direction data → latent. A flow with a context also has
 * `context` [C, stride], which every kind reads.
 */
export interface PassBuffers {
  /** Data to latent. */
  forward: 'state' | 'context' | 'logDet';
  /** Latent to data. */
  inverse: 'state' | 'context' | 'logDet';
  /** Log-densities. */
  logProb: 'state' | 'context' | 'logProb';
  /** Samples. */
  sample: 'state' | 'context';
  /** The rows after each bijector. */
  trace: 'state' | 'context' | 'states' | 'logDets';
}
/** What a pass computes: see `PassBuffers`. */
export type PassKind = keyof PassBuffers;

/** Options of `Flow.pass`. */
export interface PassOptions {
  /** Number of rows of the pass, at most `Flow.passRows`. */
  rows: number;
  /** Seed of `sample`; row r depends only on (seed, r). Default 0. */
  seed?: number;
  /** Only for a flow with a context: one row [C] for all rows, or [rows, C]. `setContext` changes it. */
  context?: Float32Array | NumberRows;
  /** Stops before the pass is made; the call throws the signal's reason. */
  signal?: AbortSignal;
}

const RULES: OptionRules<keyof PassOptions> = {
  rows: integer(1),
  seed: SEED,
  context: FLOATS,
  signal: SIGNAL,
};
const KINDS = ['forward', 'inverse', 'logProb', 'sample', 'trace'] satisfies PassKind[];

/** The parts of its flow that a pass uses. */
interface PassHost {
  gpu: Gpu;
  model: FlowModel;
  parameters: OwnedBuffer;
  variants: KernelVariants;
  /** Whether the flow and its parameters still exist. */
  isAlive: () => boolean;
}

/**
 * A pass of a flow that the caller records into its own commands, as often as it likes. It reads the flow's
 * live parameters: commands submitted between two training steps see the parameters between them.
 *
 * The pass owns its buffers: the caller may bind, copy and write them, must not destroy them, and disposes of
 * the pass. Rows after the last, up to `stride`, are computed too and have no meaning.
 */
export class FlowPass<K extends PassKind = PassKind> implements Disposable {
  /** What the pass computes. */
  readonly kind: K;
  /** Number of rows. */
  readonly rows: number;
  /** Distance from one column of a buffer to the next, in elements: `rows` rounded up to a multiple of 4. */
  readonly stride: number;
  readonly #gpu: Gpu;
  readonly #spec: FlowSpec;
  readonly #program: GpuProgram;
  readonly #isAlive: () => boolean;
  #disposed = false;

  private constructor(kind: K, rows: number, { gpu, model, isAlive }: PassHost, program: GpuProgram) {
    this.kind = kind;
    this.rows = rows;
    this.stride = paddedRows(rows);
    this.#gpu = gpu;
    this.#spec = model.spec;
    this.#program = program;
    this.#isAlive = isAlive;
  }

  /** Called by `Flow.pass`. @throws {ShapeError} when the kind or an option is out of range */
  static async create<K extends PassKind>(
    kind: K,
    options: PassOptions,
    host: PassHost,
  ): Promise<FlowPass<K>> {
    if (!KINDS.includes(kind)) throw new ShapeError('pass kind', kind, `one of ${KINDS.join(', ')}`);
    requireOptions('pass', options, RULES, ['rows']);
    const { rows, seed = 0, context: given } = options;
    const { gpu, model, parameters, variants, isAlive } = host;
    const most = chunkRowsOf(model);
    if (rows > most) {
      throw new ShapeError('pass option rows', String(rows), `an integer from 1 to ${most}`);
    }
    const context = takeContext('pass option context', model.spec, rows, given);
    const { buffers, dispatches } = PASSES[kind].plan(model, { count: rows, seed }, variants);
    const plan = {
      label: `${kind} pass`,
      buffers: [...buffers, ...contextBuffer(model.spec, rows)],
      dispatches,
    };
    const program = await GpuProgram.create(gpu, plan, new Map([[PARAMETERS, parameters]]));
    if (!isAlive() || options.signal?.aborted === true) {
      program.dispose();
      options.signal?.throwIfAborted();
      throw new DisposedError('Flow');
    }
    const pass = new FlowPass(kind, rows, host, program);
    if (context !== undefined) pass.setContext(context);
    return pass;
  }

  /** The buffer with that name, valid until `dispose`. */
  buffer(name: PassBuffers[K]): GPUBuffer {
    const result = givesOf(this.kind)[name]?.buffer;
    return this.#program.buffer(result ?? (name === 'state' ? STATE : CONTEXT)).buffer;
  }

  /**
   * Replaces the context for all later submissions: one row [C] for all rows, or [rows, C].
   * @throws {ShapeError} when it has another length, or the flow has no context
   */
  setContext(context: Float32Array | NumberRows): void {
    this.#requireAlive();
    const { rows } = this;
    const taken = takeContext('context', this.#spec, rows, context);
    if (taken === undefined) return;
    requireFinite(taken, numbered('c', this.#spec.contextDim), 'context');
    const { contextDim } = this.#spec;
    const isShared = taken.length === contextDim;
    const columns = isShared
      ? repeatedRow(taken, { count: rows })
      : columnsOf(taken, contextDim, { start: 0, count: rows });
    this.#gpu.buffers.write(this.#program.buffer(CONTEXT), columns);
  }

  /** Appends the pass to `encoder`, which must have no open pass; submits nothing. @throws {DisposedError | DeviceLostError} */
  encode(encoder: GPUCommandEncoder): void {
    this.#requireAlive();
    this.#program.record(encoder);
  }

  /** Frees the buffers of the pass. Repeated calls do nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#program.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #requireAlive(): void {
    if (this.#disposed) throw new DisposedError('FlowPass');
    if (!this.#isAlive()) throw new DisposedError('Flow');
    const { lost } = this.#gpu;
    if (lost !== undefined) throw new DeviceLostError(lost.reason, lost.detail, AFTER_LOSS);
  }
}

const AFTER_LOSS =
  'The rows of the pass are gone. Dispose of it, make another one by flow.pass(), and take its device from flow.device.';

/** The buffer of the context, which exists even if no step reads it. */
function contextBuffer({ contextDim }: FlowSpec, rows: number): BufferSpec[] {
  if (contextDim === 0) return [];
  return [{ name: CONTEXT, element: 'f32', length: contextDim * paddedRows(rows) }];
}
