/** Builds a model from the parts of another library, in the direction data → latent. */
import { ModelFileError } from '../../errors.ts';
import { paramLayout } from '../../spec/layout.ts';
import type { BijectorSpec } from '../../bijectors/index.ts';
import type { FlowSpec } from '../../spec/spec.ts';
import type { NetSpec } from '../../nets/net.ts';
import { checkedSpec } from '../../spec/schema.ts';
import type { Model } from '../modelFile.ts';
import { STATE_DICT } from './stateDict.ts';
import type { Row } from './stateDict.ts';

/** A net's spec and layers, in the form a conditioner uses. */
export interface Net {
  spec: NetSpec;
  layers: readonly (readonly Row[])[];
}

/** Tensors by the last part of their names: `log_scale`, `conditioner.0.weight`. */
type Tensors = Readonly<Record<string, readonly number[]>>;

export class FlowAssembly {
  readonly #dim: number;
  readonly #contextDim: number;
  readonly #fileName: string;
  readonly #bijectors: BijectorSpec[] = [];
  readonly #tensors = new Map<string, readonly number[]>();
  /** The library's feature in each column: a permutation moves no column until it has to. */
  #order: number[];

  /** @param fileName used in messages only */
  constructor(dim: number, fileName = STATE_DICT, contextDim = 0) {
    this.#dim = dim;
    this.#contextDim = contextDim;
    this.#fileName = fileName;
    this.#order = identityOf(dim);
  }

  /** The library's y[j] = x[permutation[j]]. */
  permute(permutation: readonly number[]): void {
    const places = inverseOf(permutation);
    this.#order = this.#order.map((feature) => places[feature] ?? 0);
  }

  /** Arranges the library's features as the two blocks of a coupling, and says which block is which. */
  blocks(condition: readonly number[], transform: readonly number[]): { split: number; flip: boolean } {
    if (sameNumbers(this.#order, [...transform, ...condition])) {
      return { split: transform.length, flip: true };
    }
    this.#arrange([...condition, ...transform]);
    return { split: condition.length, flip: false };
  }

  /** Adds z = (x + bias) ⊙ exp(logScale), in the library's feature order; adds nothing for the identity. */
  affine(bias: readonly number[], logScale: readonly number[]): void {
    if ([...bias, ...logScale].every((value) => value === 0)) return;
    const byColumn = (values: readonly number[]): number[] =>
      this.#order.map((feature) => values[feature] ?? 0);
    this.add({ type: 'actnorm' }, { bias: byColumn(bias), log_scale: byColumn(logScale), initialised: [1] });
  }

  /** Adds a bijector on the library's features in the library's order. */
  addOrdered(spec: BijectorSpec, tensors: Tensors): void {
    this.#arrange(identityOf(this.#dim));
    this.add(spec, tensors);
  }

  add(spec: BijectorSpec, tensors: Tensors): void {
    const index = this.#bijectors.push(spec) - 1;
    for (const [name, values] of Object.entries(tensors)) {
      this.#tensors.set(`bijectors.${index}.${name}`, values);
    }
  }

  /** The model, with its latent in the library's order. */
  build(): Model {
    this.#arrange(identityOf(this.#dim));
    const spec: FlowSpec = {
      version: 1,
      dim: this.#dim,
      contextDim: this.#contextDim,
      base: { type: 'standard_normal' },
      bijectors: this.#bijectors,
    };
    checkedSpec(spec);
    const layout = paramLayout(spec);
    const parameters = new Float32Array(layout.length);
    for (const { name, offset, length } of layout.tensors) {
      const values = this.#tensors.get(name);
      if (values?.length !== length) {
        throw new ModelFileError(
          this.#fileName,
          `the part that becomes ${name}: found ${values?.length ?? 'no'} values, expected ${length}`,
          'A tensor does not fit the layers around it.',
        );
      }
      parameters.set(values, offset);
    }
    return { spec, parameters };
  }

  #arrange(order: readonly number[]): void {
    if (sameNumbers(this.#order, order)) return;
    const places = inverseOf(this.#order);
    this.add(
      { type: 'permutation', init: 'random' },
      { permutation: order.map((feature) => places[feature] ?? 0) },
    );
    this.#order = [...order];
  }
}

/** The tensors of a net by name. */
export function netTensors({ layers }: Net, net = 'conditioner'): Record<string, number[]> {
  return Object.fromEntries(
    layers.flatMap((rows, layer) => [
      [`${net}.${layer}.weight`, rows.flatMap(({ weights }) => weights)],
      [`${net}.${layer}.bias`, rows.map(({ bias }) => bias)],
    ]),
  );
}

export function identityOf(count: number): number[] {
  return Array.from({ length: count }, (_, j) => j);
}

function inverseOf(permutation: readonly number[]): number[] {
  const inverse = identityOf(permutation.length);
  permutation.forEach((origin, j) => {
    inverse[origin] = j;
  });
  return inverse;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
