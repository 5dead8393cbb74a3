/**
 * z = spline(x), with a separate monotone rational-quadratic spline for each feature of a block, learned without a net.
 */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { logDetReduce } from '../kernels/coupling/log_det_reduce.ts';
import { rowGradientReduce } from '../kernels/optimize/row_gradient_reduce.ts';
import type { UnitRange } from '../kernels/resident/resident_pack.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import { rationalQuadratic, rawCount } from '../kernels/spline/rational_quadratic.ts';
import type { SplineNumbers } from '../kernels/spline/rational_quadratic.ts';
import { rationalQuadraticBackward } from '../kernels/spline/rational_quadratic_backward.ts';
import type { FeatureBlock } from '../model/blocks.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import { integerFrom } from '../model/schema.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { D_SPLINE_RAW, D_STATE, GRADIENTS, LOG_DET, LOG_SCALE, PARAMETERS, STATE } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { builderOf } from './bijector.ts';
import type { Bijector, Layer, MapPass, Pass } from './bijector.ts';
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
  width: ({ tensors }) => tensors.raw.length,

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
    const numbers = numbersOf(layer, pass);
    const { rows, blocks } = numbers;
    const keptX = keptRows && plan.buffer(keptRows, blocks.transformCount * rows);
    plan.add(
      rationalQuadratic({
        ...numbers,
        inverse: false,
        keptX,
        state: STATE,
        logScale: logScaleOf(plan, numbers),
      }),
    );
    addLogDet(plan, numbers, pass, 1);
  },

  inverse(plan, layer, pass) {
    const numbers = numbersOf(layer, pass);
    plan.add(
      rationalQuadratic({ ...numbers, inverse: true, state: STATE, logScale: logScaleOf(plan, numbers) }),
    );
    addLogDet(plan, numbers, pass, -1);
  },

  backward(plan, layer, pass) {
    const { rows, validRows, dLogDet, keptRows: keptX } = pass;
    const { raw } = layer.tensors;
    const dRaw = plan.buffer(D_SPLINE_RAW, raw.length * rows);
    const numbers = numbersOf(layer, pass);
    plan.add(
      rationalQuadraticBackward({
        ...numbers,
        validRows,
        dLogDet,
        keptX,
        state: STATE,
        dState: D_STATE,
        dRaw,
      }),
      rowGradientReduce({ rows, validRows, tensor: raw, dRows: dRaw, gradients: GRADIENTS }),
    );
  },
};

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

function numbersOf({ spec, tensors }: SplineLayer, { rows }: Pass): SplineNumbers {
  const { bins, bound } = spec;
  const { block, raw } = tensors;
  const blocks = { transformStart: block.start, transformCount: block.count };
  return { rows, blocks, bins, bound, raw: PARAMETERS, shared: raw };
}

function logScaleOf(plan: PlanBuilder, { rows, blocks }: SplineNumbers): string {
  return plan.buffer(LOG_SCALE, blocks.transformCount * rows);
}

function addLogDet(
  plan: PlanBuilder,
  { rows, blocks }: SplineNumbers,
  { accumulate }: MapPass,
  sign: 1 | -1,
): void {
  const features = blocks.transformCount;
  plan.add(logDetReduce({ rows, features, sign, accumulate, logScale: LOG_SCALE, logDet: LOG_DET }));
}
