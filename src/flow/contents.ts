/** The parameters of a flow and the record of its training: read, changed and saved. */
import { kindOf, takeFloats } from '../calls/callerArrays.ts';
import { requireOptions } from '../calls/optionRules.ts';
import { DeviceLostError, ShapeError } from '../errors.ts';
import type { Model, TrainingRecord } from '../io/modelFile.ts';
import { tensorOf } from '../model/tensors.ts';
import type { Checkpoint } from '../training/trainee.ts';
import type { FlowTraining } from '../training/training.ts';
import { SAVE_RULES, WAIT_RULES } from './options.ts';
import type { SaveOptions, WaitOptions } from './options.ts';
import type { PassRunner } from './passRunner.ts';
import type { CurrentModel } from './start.ts';

/** Values of tensors by name, each flat in the tensor's shape. */
export type TensorValues = Readonly<Record<string, Float32Array | readonly number[]>>;

/** Loaded with the first call that needs it. */
const later = () => import('./later.ts');

/** Loaded with the first model file, so that a page that only trains does not wait for it. */
export const modelFiles = () => import('../io/modelSource.ts');

export class FlowContents {
  readonly #passes: PassRunner;
  readonly #current: CurrentModel;
  readonly #training: FlowTraining;

  constructor(passes: PassRunner, current: CurrentModel, training: FlowTraining) {
    this.#passes = passes;
    this.#current = current;
    this.#training = training;
  }

  /** Like `Flow.parameters`. */
  async parameters(options: WaitOptions): Promise<Record<string, Float32Array>> {
    requireOptions('parameters', options, WAIT_RULES);
    const flat = await this.#passes.parameters();
    options.signal?.throwIfAborted();
    const { tensors } = this.#current.model.layout;
    return Object.fromEntries(tensors.map((tensor) => [tensor.name, tensorOf(flat, tensor)]));
  }

  /** Like `Flow.setParameters`. */
  async setParameters(values: TensorValues, options: WaitOptions): Promise<void> {
    requireOptions('setParameters', options, WAIT_RULES);
    if (Object.prototype.toString.call(values) !== '[object Object]') {
      throw new ShapeError('setParameters', kindOf(values), 'an object of tensors by name');
    }
    this.#passes.requireAlive();
    const taken = new Map(Object.entries(values).map(([name, given]) => [name, takeTensor(name, given)]));
    await this.#passes.change(
      async (parameters) => (await later()).changedParameters(this.#current.model.layout, parameters, taken),
      () => {
        options.signal?.throwIfAborted();
        this.#training.restart();
      },
    );
  }

  /** Like `Flow.save`. */
  async save(options: SaveOptions): Promise<Uint8Array> {
    requireOptions('save', options, SAVE_RULES);
    const { checkpoint = false, signal } = options;
    const { model, last } = await this.now().catch((error: unknown) => {
      if (!(error instanceof DeviceLostError) || !this.#passes.isAlive) throw error;
      return this.#onHost();
    });
    signal?.throwIfAborted();
    const { encodeModel } = await modelFiles();
    return encodeModel(checkpoint && last !== undefined ? { ...model, ...last } : model);
  }

  /** The model now, and the state for resuming: of the `fit` that runs, or else of the last one. */
  async now(): Promise<{ model: Model; last: Checkpoint | undefined; isFresh: boolean }> {
    this.#passes.requireAlive();
    await this.#passes.changed();
    const { snapshot, last, record, isFresh } = this.#training;
    const running = await snapshot?.();
    const parameters = running?.parameters ?? (await this.#passes.parameters());
    return { model: this.#model(parameters, running?.training ?? record), last: running ?? last, isFresh };
  }

  /** What is left of the flow when its device is lost, and there is no other. */
  #onHost(): { model: Model; last: Checkpoint | undefined } {
    const { record, last } = this.#training;
    return { model: this.#model(this.#current.parameters, record), last };
  }

  #model(parameters: Float32Array, training: TrainingRecord | undefined): Model {
    const { spec } = this.#current.model;
    return { spec, parameters, ...(training === undefined ? {} : { training }) };
  }
}

/** A copy of a tensor's values; what is no number becomes NaN, which is refused by its place. */
function takeTensor(name: string, values: unknown): Float32Array {
  return Array.isArray(values)
    ? Float32Array.from(values, (value) => (typeof value === 'number' ? value : NaN))
    : takeFloats(`tensor ${name}`, values);
}
