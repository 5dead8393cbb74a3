/** z = (x − offset − mean) / std with the training data's statistics; only as the first bijector, or after a `domain`. */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { standardize as mapStandardize } from '../kernels/elementwise/standardize.ts';
import { standardizeBackward } from '../kernels/elementwise/standardize_backward.ts';
import type { Domain } from '../model/domain.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import { fillTensor, firstUnsound } from '../model/tensors.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { D_STATE, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import { builderOf } from './bijector.ts';
import { INVERTED, LOGARITHMS } from '../kernels/resident/ops.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import type { Bijector, Layer } from './bijector.ts';

const schema = v.strictObject({
  type: v.literal('standardize'),
  /**
   * [D], in the data's units; 0 for a feature that needs no offset and for a bounded one. The host subtracts
   * it in float64 before the cast to float32. The training data set the offset of a fresh flow; without this
   * field all offsets are 0.
   */
  offset: v.optional(
    v.pipe(
      v.array(v.pipe(v.number(), v.finite('a finite number'))),
      v.minLength(1, 'at least 1'),
      v.maxLength(SPEC_LIMITS.dim, `at most ${SPEC_LIMITS.dim}`),
    ),
  ),
});
/**
 * The spec of `standardize`.
 * @interface
 */
export type StandardizeSpec = v.InferOutput<typeof schema>;

export interface Tensors {
  mean: TensorSlot;
  std: TensorSlot;
}

const BUFFERS = { parameters: PARAMETERS, state: STATE, logDet: LOG_DET };

export const standardizeRoom: Bijector<StandardizeSpec, Tensors> = {
  schema,
  defaults: () => ({}),

  check({ type, offset }, { where, previous, flow: { dim } }) {
    const domains = previous?.bijector.domains?.(previous.spec);
    if (previous !== undefined && domains === undefined) {
      throw new ShapeError(`${where}.type`, type, `${type} only as the first bijector, or after a domain`);
    }
    if (offset !== undefined) checkOffset(`${where}.offset`, offset, dim, domains);
  },

  tensors: (_, { dim }, add) => ({ mean: add('mean', [dim], false), std: add('std', [dim], false) }),
  start: ({ tensors }, parameters) => fillTensor(parameters, tensors.std, 1),

  startFromData: ({ tensors }, { meanLeft, std }) => [
    { tensor: tensors.mean, values: new Float32Array(meanLeft) },
    { tensor: tensors.std, values: new Float32Array(std) },
  ],

  unsound: ({ tensors }, parameters) =>
    firstUnsound(tensors.std, parameters, 'a number > 0', (value) => value > 0),

  words({ spec: { offset } }, { names }) {
    if (offset === undefined) return '(x − mean) / std';
    const those = offset.flatMap((value, j) => (value === 0 ? [] : [`${value} of ${names[j]}`]));
    return `(x − offset − mean) / std, offset ${those.join(', ')}`;
  },

  tuningKey: ({ spec }) => spec.type,

  offset: {
    of: ({ offset }) => offset,
    replace: ({ type }, offset) => ({ type, ...(offset === undefined ? {} : { offset: [...offset] }) }),
    std: ({ tensors }) => tensors.std,
  },

  standardisation: ({ tensors }) => tensors,

  resident: {
    forward(ops, layer) {
      residentMap(ops, layer, false);
      return undefined;
    },
    inverse: (ops, layer) => residentMap(ops, layer, true),
  },

  preservesVolume: false,

  forward(plan, { tensors }, { rows, accumulate }) {
    plan.add(mapStandardize({ inverse: false, rows, ...tensors, accumulate, ...BUFFERS }));
  },

  inverse(plan, { tensors }, { rows, accumulate }) {
    plan.add(mapStandardize({ inverse: true, rows, ...tensors, accumulate, ...BUFFERS }));
  },

  backwardInput(plan, { tensors }, { rows }) {
    plan.add(
      standardizeBackward({ rows, ...tensors, parameters: PARAMETERS, state: STATE, dState: D_STATE }),
    );
  },
};

/** z = (x − offset − mean) / std with the statistics of the training data; the first bijector, or after a `domain`. */
export const standardize = builderOf<StandardizeSpec>('standardize');

function residentMap(
  ops: RowOps,
  { tensors: { mean, std } }: Layer<StandardizeSpec, Tensors>,
  inverse: boolean,
): void {
  const count = mean.length;
  const option = inverse ? INVERTED : 0;
  ops.add(
    { kind: 'standardize', to: 0, count, tensor: mean.offset, bias: std.offset, option },
    { kind: 'add_tensor', tensor: std.offset, count, option: LOGARITHMS, number: inverse ? 1 : -1 },
  );
}

function checkOffset(
  where: string,
  offset: readonly number[],
  dim: number,
  domains: readonly Domain[] | undefined,
): void {
  if (offset.length !== dim) {
    throw new ShapeError(where, `${offset.length} offsets`, `${dim}, one for each feature`);
  }
  if (offset.every((value) => value === 0)) {
    throw new ShapeError(where, '0 throughout', 'an offset other than 0', 'Leave the field out.');
  }
  offset.forEach((value, feature) => {
    const domain = domains?.[feature] ?? 'real';
    if (domain === 'real' || value === 0) return;
    throw new ShapeError(`${where}[${feature}]`, String(value), `0, as the feature is ${domain}`);
  });
}
