/** Reads a PyTorch state dict tensor by tensor, and checks that no tensor remains. */
import { ModelFileError } from '../../errors.ts';
import { readSafetensors } from '../safetensors.ts';

/** Name → shape, outermost dimension first, and values in row-major order. `readSafetensors` returns one. */
export type StateDict = ReadonlyMap<string, { shape: readonly number[]; data: ArrayLike<number> }>;

/** The weights and bias of one output of a linear layer. */
export interface Row {
  weights: readonly number[];
  bias: number;
}

/** Its name in errors. */
export const STATE_DICT = 'state dict';

/**
 * The tensors of a safetensors file of float32, such as
 * `save_file({k: v.float().contiguous() for k, v in model.state_dict().items()}, path)` writes.
 * @throws {ModelFileError} when the bytes are not such a file
 */
export function readStateDict(bytes: Uint8Array, fileName = STATE_DICT): StateDict {
  return readSafetensors(bytes, fileName).tensors;
}

export class StateReader {
  readonly #state: StateDict;
  readonly #fileName: string;
  readonly #unread: Set<string>;

  constructor(state: StateDict, fileName = STATE_DICT) {
    this.#state = state;
    this.#fileName = fileName;
    this.#unread = new Set(state.keys());
  }

  has(name: string): boolean {
    return this.#state.has(name);
  }

  /** The numbers n in names that begin with `{prefix}.{n}.`, ascending. */
  indices(prefix: string): number[] {
    const found = [...this.#state.keys()]
      .filter((name) => name.startsWith(`${prefix}.`))
      .map((name) => Number(name.slice(prefix.length + 1).split('.')[0]));
    return [...new Set(found.filter(Number.isInteger))].sort((a, b) => a - b);
  }

  /**
   * The values of a tensor.
   * @throws {ModelFileError} if it is missing, or an element is not finite
   */
  values(name: string): number[] {
    const tensor = this.#state.get(name);
    if (tensor === undefined) throw this.problem(`tensor ${name}: found nothing, expected this tensor`);
    this.#unread.delete(name);
    const values = Array.from(tensor.data);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw this.problem(`tensor ${name}, element ${bad}: found ${values[bad]}, expected a finite number`);
    }
    return values;
  }

  /** The rows of a matrix. */
  matrix(name: string): number[][] {
    const values = this.values(name);
    const shape = this.#state.get(name)?.shape ?? [];
    const [rows = 0, columns = 0] = shape;
    if (shape.length !== 2 || rows * columns !== values.length) {
      throw this.problem(`tensor ${name}: found shape [${shape.join(', ')}], expected a matrix`);
    }
    return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
  }

  /** A PyTorch Linear layer. */
  linear(prefix: string): Row[] {
    const weight = this.matrix(`${prefix}.weight`);
    const bias = this.values(`${prefix}.bias`);
    if (bias.length !== weight.length) {
      throw this.problem(`tensor ${prefix}.bias: found ${bias.length} values, expected ${weight.length}`);
    }
    return weight.map((weights, row) => ({ weights, bias: bias[row] ?? 0 }));
  }

  /** Marks redundant tensors as read. */
  ignore(...names: string[]): void {
    for (const name of names) this.#unread.delete(name);
  }

  /** @throws {ModelFileError} naming the first unread tensor, which belongs to an unsupported part */
  requireAllRead(): void {
    const [left] = this.#unread;
    if (left === undefined) return;
    throw this.problem(
      `tensor ${left}: found a tensor that no supported part has`,
      'docs/pytorch.md says which parts can be loaded.',
    );
  }

  problem(what: string, advice = ''): ModelFileError {
    return new ModelFileError(this.#fileName, what, advice);
  }
}
