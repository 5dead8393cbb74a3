/**
 * z = spline(x), with a separate monotone rational-quadratic spline for each feature of a block, learned without a net.
 */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import type { UnitRange } from '../kernels/resident/resident_pack.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import { rationalQuadraticBins, tableLength } from '../kernels/spline/rational_quadratic_bins.ts';
import { rationalQuadraticBinsBackward } from '../kernels/spline/rational_quadratic_bins_backward.ts';
import {
  rationalQuadraticElementwiseBackward,
  splineSlices,
  splineTableWidth,
} from '../kernels/spline/rational_quadratic_elementwise_backward.ts';
import { rationalQuadraticElementwise } from '../kernels/spline/rational_quadratic_elementwise.ts';
import { rawCount } from '../kernels/spline/rational_quadratic.ts';
import type { FeatureBlock } from '../model/blocks.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import { integerFrom } from '../model/schema.ts';
import type { TensorSlot } from '../model/tensors.ts';
import {
  D_SPLINE_TABLE,
  D_STATE,
  GRADIENTS,
  LOG_DET,
  PARAMETERS,
  splineTableName,
  STATE,
} from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { builderOf } from './bijector.ts';
import type { Bijector, Layer, MapPass } from './bijector.ts';
import { blockWords } from './coupling.ts';
import { rawRanges, reserveRaw, splinesBackward, splinesForward } from './residentSpline.ts';
import type { ResidentSplines } from './residentSpline.ts';
import { SPLINE_DEFAULTS, splineFields } from './splineFields.ts';

const schema = v.strictObject({
  type: v.literal('rational_quadratic_elementwise'),
  ...splineFields,
  /** The adjacent features that have a spline, such as the ones a coupling conditions on; by default all. */
  block: v.optional(
    v.strictObject({ start: integerFrom(0, SPEC_LIMITS.dim - 1), count: integerFrom(1, SPEC_LIMITS.dim) }),
  ),
});
/**
 * The spec of `splineElementwise`.
 * @interface
 */
export type SplineElementwiseSpec = v.InferOutput<typeof schema>;

export interface Tensors {
  block: FeatureBlock;
  raw: TensorSlot;
}

type SplineLayer = Layer<SplineElementwiseSpec, Tensors>;

export const splineElementwiseRoom: Bijector<SplineElementwiseSpec, Tensors> = {
  schema,
  defaults: () => SPLINE_DEFAULTS,

  check({ block }, { where, flow: { dim } }) {
    if (block === undefined || block.start + block.count <= dim) return;
    if (block.start >= dim) {
      throw new ShapeError(`${where}.block.start`, String(block.start), `an integer from 0 to ${dim - 1}`);
    }
    const most = dim - block.start;
    throw new ShapeError(`${where}.block.count`, String(block.count), `an integer from 1 to ${most}`);
  },

  tensors({ bins, block }, { dim }, add) {
    const features = block ?? { start: 0, count: dim };
    return { block: features, raw: add('raw', [features.count, rawCount(bins)], true) };
  },

  words({ spec: { bins, bound, block } }, { names }) {
    const features = block === undefined ? 'each feature' : `each of ${blockWords(names, block)}`;
    return `a spline of ${bins} bins on ±${bound} for ${features}`;
  },

  tuningKey: ({ spec, tensors }) => `${tensors.block.count} splines of ${spec.bins} bins`,
  width: (layer) => splineTableWidth(splinesOf(layer)),

  resident: {
    forward(ops, layer) {
      const { raw: tensor, block } = layer.tensors;
      const xSlot = ops.keep(block.count);
      residentMap(ops, layer, xSlot, false);
      return () => {
        const splines = splinesOf(layer);
        const slot = ops.keep(tensor.length);
        ops.scope(() => {
          const raw = reserveRaw(ops, splines);
          for (const range of rawRanges(splines)) {
            rawToUnits(ops, tensor, range, raw);
            splinesBackward(ops, splines, { range, raw, slot, xSlot });
          }
        });
        ops.sumsTo(tensor, slot);
      };
    },
    inverse: (ops, layer) => residentMap(ops, layer, 0, true),
  },

  startsAsIdentity: true,
  preservesVolume: false,

  forward(plan, layer, { keptRows, ...pass }) {
    const keptX = keptRows && plan.buffer(keptRows, layer.tensors.block.count * pass.rows);
    addMap(plan, layer, pass, { inverse: false, keptX });
  },

  inverse(plan, layer, pass) {
    addMap(plan, layer, pass, { inverse: true });
  },

  backward(plan, layer, { rows, validRows, dLogDet, keptRows: keptX }) {
    const splines = splinesOf(layer);
    const { raw: tensor } = layer.tensors;
    const table = splineTableName(tensor.offset);
    const dTable = plan.buffer(D_SPLINE_TABLE, splineSlices(rows).slices * tableLength(splines));
    plan.add(
      rationalQuadraticElementwiseBackward({
        ...splines,
        rows,
        validRows,
        dLogDet,
        table,
        keptX,
        state: STATE,
        dState: D_STATE,
        dTable,
      }),
      rationalQuadraticBinsBackward({
        ...splines,
        rows,
        tensor,
        parameters: PARAMETERS,
        dTable,
        gradients: GRADIENTS,
      }),
    );
  },
};

/**
 * A learned monotone rational-quadratic spline for each feature. Default: 8 bins on [−3, 3].
 * @see Durkan et al. 2019, https://arxiv.org/abs/1906.04032
 */
export const splineElementwise = builderOf<SplineElementwiseSpec>('rational_quadratic_elementwise');

function residentMap(ops: RowOps, layer: SplineLayer, xSlot: number, inverse: boolean): void {
  const toUnits = (range: UnitRange, to: number): void => rawToUnits(ops, layer.tensors.raw, range, to);
  splinesForward(ops, splinesOf(layer), { toUnits, xSlot, inverse });
}

function rawToUnits(ops: RowOps, raw: TensorSlot, { start, count }: UnitRange, to: number): void {
  ops.add({ kind: 'parameters', to, count, tensor: raw.offset + start });
}

function splinesOf({ spec: { bins, bound }, tensors: { block } }: SplineLayer): ResidentSplines {
  return { bins, bound, block };
}

function addMap(
  plan: PlanBuilder,
  layer: SplineLayer,
  { rows, accumulate }: MapPass,
  way: { inverse: boolean; keptX?: string | undefined },
): void {
  const splines = splinesOf(layer);
  const { raw: tensor } = layer.tensors;
  const table = plan.buffer(splineTableName(tensor.offset), tableLength(splines));
  plan.add(
    rationalQuadraticBins({ ...splines, tensor, parameters: PARAMETERS, table }),
    rationalQuadraticElementwise({
      ...splines,
      ...way,
      rows,
      accumulate,
      table,
      state: STATE,
      logDet: LOG_DET,
    }),
  );
}
