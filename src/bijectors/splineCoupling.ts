/**
 * z₂ = spline(x₂) feature by feature, with monotone rational-quadratic splines that a net computes from x₁;
 * z₁ = x₁. Bin widths and heights are at least 1e-3 of the total, derivatives at least 1e-3.
 */
import * as v from 'valibot';
import { logDetReduce } from '../kernels/coupling/log_det_reduce.ts';
import { rationalQuadratic, rawCount } from '../kernels/spline/rational_quadratic.ts';
import type { RationalQuadraticArguments } from '../kernels/spline/rational_quadratic.ts';
import { rationalQuadraticBackward } from '../kernels/spline/rational_quadratic_backward.ts';
import { conditionerBackward, conditionerForward } from '../nets/conditioner.ts';
import { pieceStack } from '../nets/pieces.ts';
import type { UnitRange } from '../kernels/resident/resident_pack.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import { netBackward, hiddenLayersForward, outputsForward } from '../nets/residentNet.ts';
import type { ResidentNets } from '../nets/residentNet.ts';
import { DEFAULT_NET, netSchema } from '../nets/net.ts';
import { D_CONDITIONER_OUTPUT, D_STATE, LOG_DET, LOG_SCALE, STATE } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type { NetSlots } from '../model/tensors.ts';
import { builderOf } from './bijector.ts';
import type { Bijector, Layer, MapPass, Pass } from './bijector.ts';
import {
  checkCoupling,
  couplingDefaults,
  couplingFields,
  couplingKey,
  couplingWords,
  oneNet,
  startCoupling,
} from './coupling.ts';
import type { CouplingTensors } from './coupling.ts';
import { rawRanges, reserveRaw, splinesBackward, splinesForward } from './residentSpline.ts';
import type { ResidentSplines } from './residentSpline.ts';
import { SPLINE_DEFAULTS, splineFields } from './splineFields.ts';

const schema = v.strictObject({
  type: v.literal('rational_quadratic_coupling'),
  ...couplingFields,
  ...splineFields,
  /** The net that reads the other block. */
  conditioner: netSchema,
});
/**
 * The spec of `splineCoupling`.
 * @interface
 */
export type SplineCouplingSpec = v.InferOutput<typeof schema>;

type Coupling = Layer<SplineCouplingSpec, CouplingTensors>;

export const splineCouplingRoom: Bijector<SplineCouplingSpec, CouplingTensors> = {
  schema,
  defaults: (place) => ({ ...couplingDefaults(place), ...SPLINE_DEFAULTS, conditioner: DEFAULT_NET }),
  check: checkCoupling,
  tensors: (spec, shape, add) => oneNet(spec, rawCount(spec.bins), shape, add),
  start: startCoupling,
  words: (layer, place) =>
    couplingWords(`spline of ${layer.spec.bins} bins on ±${layer.spec.bound}`, layer, place),
  tuningKey: (layer) => couplingKey(`spline of ${layer.spec.bins} bins`, layer),

  resident: {
    forward(ops, layer) {
      const splines = splinesOf(layer);
      const net = onlyNet(layer);
      const slot = ops.keep(rawCount(splines.bins) * splines.block.count);
      const xSlot = ops.keep(splines.block.count);
      const run = residentMap(ops, layer, { slot, xSlot, inverse: false });
      return () =>
        ops.scope(() => {
          const raw = reserveRaw(ops, splines);
          netBackward(ops, layer, run, net, {
            ranges: rawRanges(splines),
            slot,
            toUnits(range) {
              ops.add({ kind: 'recall', to: raw, count: range.count, slot: slot + range.start });
              splinesBackward(ops, splines, { range, raw, slot, xSlot });
              return raw;
            },
          });
        });
    },
    inverse: (ops, layer) => void residentMap(ops, layer, { slot: 0, xSlot: 0, inverse: true }),
  },

  preservesVolume: false,

  // Their outputs alone, as many as the raw numbers; running the nets again would take longer than anything else.
  storesNets: ({ spec, tensors }, variants) => pieceStack({ spec, ...tensors }, variants) !== undefined,

  forward(plan, layer, { keptRows, ...pass }) {
    const { spec, tensors } = layer;
    conditionerForward(plan, { spec, ...tensors }, { ...pass, sorts: keptRows !== undefined });
    const keptX = keptRows && plan.buffer(keptRows, tensors.blocks.transformCount * pass.rows);
    plan.add(rationalQuadratic({ ...splineOf(plan, layer, pass), inverse: false, keptX }));
    addLogDet(plan, layer, pass, 1);
  },

  inverse(plan, layer, pass) {
    const { spec, tensors } = layer;
    conditionerForward(plan, { spec, ...tensors }, { ...pass, keepDerivatives: false });
    plan.add(rationalQuadratic({ ...splineOf(plan, layer, pass), inverse: true }));
    addLogDet(plan, layer, pass, -1);
  },

  backward(plan, { spec, tensors }, { netsHaveRun, keptRows, ...run }) {
    const coupling = { spec, ...tensors };
    const { blocks } = tensors;
    const pass = { ...run, sorts: true };
    const { rows, validRows, dLogDet, activations } = pass;
    const { bins, bound } = spec;
    if (!netsHaveRun) conditionerForward(plan, coupling, { ...pass, keepDerivatives: true });
    plan.add(
      rationalQuadraticBackward({
        rows,
        validRows,
        blocks,
        bins,
        bound,
        dLogDet,
        raw: activations.output,
        keptX: keptRows,
        state: STATE,
        dState: D_STATE,
        dRaw: plan.buffer(D_CONDITIONER_OUTPUT, blocks.transformCount * rawCount(bins) * rows),
      }),
    );
    conditionerBackward(plan, coupling, pass);
  },
};

/**
 * z₂ = spline(x₂), monotone rational-quadratic splines that a net computes from x₁. Default: 8 bins on [−3, 3].
 * @see Durkan et al. 2019, https://arxiv.org/abs/1906.04032
 */
export const splineCoupling = builderOf<SplineCouplingSpec>('rational_quadratic_coupling');

function residentMap(
  ops: RowOps,
  layer: Coupling,
  { slot, ...run }: { slot: number; xSlot: number; inverse: boolean },
): ResidentNets {
  return ops.scope(() => {
    const hidden = hiddenLayersForward(ops, layer);
    const toUnits = (range: UnitRange, to: number): void =>
      outputsForward(ops, layer, hidden, onlyNet(layer), { range, to, slot });
    splinesForward(ops, splinesOf(layer), { ...run, toUnits });
    return hidden;
  });
}

function splinesOf({ spec: { bins, bound }, tensors: { blocks } }: Coupling): ResidentSplines {
  return { bins, bound, block: { start: blocks.transformStart, count: blocks.transformCount } };
}

function onlyNet({ tensors: { nets } }: Coupling): NetSlots {
  const [net] = nets;
  if (net === undefined) throw new RangeError('a spline coupling has one net');
  return net;
}

function splineOf(
  plan: PlanBuilder,
  { spec, tensors }: Coupling,
  { rows, activations }: Pass,
): Omit<RationalQuadraticArguments, 'inverse'> {
  const { blocks } = tensors;
  const { bins, bound } = spec;
  const logScale = plan.buffer(LOG_SCALE, blocks.transformCount * rows);
  return { rows, blocks, bins, bound, raw: activations.output, state: STATE, logScale };
}

function addLogDet(
  plan: PlanBuilder,
  { tensors }: Coupling,
  { rows, accumulate }: MapPass,
  sign: 1 | -1,
): void {
  const features = tensors.blocks.transformCount;
  plan.add(logDetReduce({ rows, features, sign, accumulate, logScale: LOG_SCALE, logDet: LOG_DET }));
}
