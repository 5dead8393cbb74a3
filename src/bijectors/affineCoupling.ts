/** Real NVP's coupling: z₂ = x₂ ⊙ exp(s(x₁)) + t(x₁), or (x₂ + t(x₁)) ⊙ exp(s(x₁)); z₁ = x₁. */
import * as v from 'valibot';
import { affineCoupling as transformBlock } from '../kernels/coupling/affine_coupling.ts';
import { affineCouplingBackward } from '../kernels/coupling/affine_coupling_backward.ts';
import { couplingTiles, denseCouplingBlocked } from '../kernels/coupling/dense_coupling_blocked.ts';
import { logDetReduce } from '../kernels/coupling/log_det_reduce.ts';
import { couplingBlocks } from '../model/blocks.ts';
import { scaleBound, scaleMapSchema, scaleWords } from '../model/scaleMap.ts';
import { conditionerBackward, conditionerForward, netParameters } from '../nets/conditioner.ts';
import { netTensors } from '../nets/index.ts';
import { netsBackward, netsForward, reserveOutputs } from '../nets/residentNet.ts';
import type { ResidentNets } from '../nets/residentNet.ts';
import { INVERTED, SHIFT_FIRST } from '../kernels/resident/ops.ts';
import type { Op } from '../kernels/resident/ops.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import { DEFAULT_NET, netFields } from '../nets/net.ts';
import { D_CONDITIONER_OUTPUT, D_STATE, LOG_DET, LOG_SCALE, STATE } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { builderOf } from './bijector.ts';
import type { Bijector, Layer, MapPass } from './bijector.ts';
import {
  checkCoupling,
  couplingDefaults,
  couplingFields,
  couplingKey,
  couplingWords,
  stackableCoupling,
  startCoupling,
} from './coupling.ts';
import type { CouplingTensors } from './coupling.ts';

/**
 * The nets compute (a, t). `separate: false`: one net, outputs [a | t]. `separate: true`: one net for a
 * (`scale`), one for t (`shift`).
 */
const conditionerSchema = v.strictObject({
  /** Widths of the hidden layers. */
  hidden: netFields.hidden,
  /** See `NetSpec`. */
  residualBlocks: netFields.residualBlocks,
  /** Follows each hidden layer. */
  activation: netFields.activation,
  /** Whether a and t have nets of their own. */
  separate: v.boolean(),
  /** See `NetSpec`. */
  init: netFields.init,
});
/**
 * The nets of an affine coupling: one for both a and t, or `separate` ones.
 * @interface
 */
export type ConditionerSpec = v.InferOutput<typeof conditionerSchema>;

const schema = v.strictObject({
  type: v.literal('affine_coupling'),
  ...couplingFields,
  /** How the net's outputs become log-scales. */
  scale: scaleMapSchema,
  /** Whether the shift comes before the scale, z₂ = (x₂ + t) ⊙ exp(s), as in Glow's code and in normflows. */
  shiftFirst: v.optional(v.boolean()),
  /** The net that reads the other block. */
  conditioner: conditionerSchema,
});
/**
 * The spec of `affineCoupling`.
 * @interface
 */
export type AffineCouplingSpec = v.InferOutput<typeof schema>;

type Coupling = Layer<AffineCouplingSpec, CouplingTensors>;

export const affineCouplingRoom: Bijector<AffineCouplingSpec, CouplingTensors> = {
  schema,
  defaults: (place) => ({
    ...couplingDefaults(place),
    scale: { map: 'tanh', bound: 1 },
    conditioner: { ...DEFAULT_NET, separate: false },
  }),
  check: checkCoupling,

  tensors(spec, { dim, contextDim }, add) {
    const blocks = couplingBlocks(dim, spec);
    const { conditionCount, transformCount } = blocks;
    const { separate } = spec.conditioner;
    const names = separate ? (['scale', 'shift'] as const) : (['conditioner'] as const);
    const outputs = separate ? transformCount : 2 * transformCount;
    const inputs = conditionCount + contextDim;
    const nets = names.map((name, net) =>
      netTensors(spec.conditioner, { name, inputs, outputs, outputStart: net * transformCount }, add),
    );
    return { blocks, nets };
  },

  start: startCoupling,
  words: (layer, place) => couplingWords(scaleWords(layer.spec.scale), layer, place),
  tuningKey(layer) {
    const { scale, shiftFirst, conditioner } = layer.spec;
    const map = [
      scale.map,
      ...(shiftFirst === true ? ['shift first'] : []),
      ...(conditioner.separate ? ['two nets'] : []),
    ];
    return couplingKey(map.join(' '), layer);
  },

  stackable: (layer, shape) =>
    layer.spec.shiftFirst === true ? undefined : stackableCoupling(layer, shape, layer.spec.scale),

  resident: {
    scaleMap: ({ scale }) => scale,
    forward(ops, layer) {
      const slot = ops.keep(2 * layer.tensors.blocks.transformCount);
      const run = residentMap(ops, layer, slot, false);
      return () =>
        ops.scope(() => {
          const unit = reserveOutputs(ops, layer);
          ops.add({ ...residentStep(layer, unit), kind: 'affine_backward', slot });
          netsBackward(ops, layer, run, { unit, slot });
        });
    },
    inverse: (ops, layer) => void residentMap(ops, layer, 0, true),
  },

  preservesVolume: false,

  forward(plan, layer, { keepDerivatives, ...pass }) {
    couplingMap(plan, layer, { ...pass, inverse: false, keep: keepDerivatives });
  },

  inverse(plan, layer, pass) {
    couplingMap(plan, layer, { ...pass, inverse: true, keep: false });
  },

  backward(plan, { spec, tensors }, { netsHaveRun, ...pass }) {
    const { blocks } = tensors;
    const { rows, validRows, dLogDet, activations } = pass;
    const coupling = { spec, ...tensors };
    if (!netsHaveRun) conditionerForward(plan, coupling, { ...pass, keepDerivatives: true });
    plan.add(
      affineCouplingBackward({
        rows,
        validRows,
        blocks,
        scale: spec.scale,
        shiftFirst: spec.shiftFirst,
        dLogDet,
        conditionerOutput: activations.output,
        state: STATE,
        dState: D_STATE,
        dConditionerOutput: plan.buffer(D_CONDITIONER_OUTPUT, 2 * blocks.transformCount * rows),
      }),
    );
    conditionerBackward(plan, coupling, pass);
  },
};

/**
 * Real NVP's coupling: z₂ = x₂ ⊙ exp(s(x₁)) + t(x₁), z₁ = x₁. By default its net has hidden layers of 32 and 32
 * units.
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803
 */
export const affineCoupling = builderOf<AffineCouplingSpec>('affine_coupling');

function residentMap(ops: RowOps, layer: Coupling, slot: number, inverse: boolean): ResidentNets {
  return ops.scope(() => {
    const { outputs, ...run } = netsForward(ops, layer);
    const step = residentStep(layer, outputs);
    const option = (step.option ?? 0) | (inverse ? INVERTED : 0);
    const { count } = step;
    ops.add(
      { ...step, kind: 'affine', option, slot },
      { kind: 'add_units', from: outputs, count, number: inverse ? -1 : 1 },
    );
    return run;
  });
}

/** The fields that all operations of an affine coupling share: x₂, a and t. */
function residentStep({ spec, tensors }: Coupling, outputs: number): Omit<Op, 'kind'> {
  const { transformStart, transformCount } = tensors.blocks;
  return {
    to: transformStart,
    count: transformCount,
    from: outputs,
    aux: outputs + transformCount,
    option: spec.shiftFirst === true ? SHIFT_FIRST : 0,
    number: scaleBound(spec.scale),
  };
}

interface CouplingRun extends MapPass {
  inverse: boolean;
  /** Whether to keep the activations for a backward pass, with the derivatives of the hidden layers. */
  keep: boolean;
}

/** Maps the transformed block of the state through the coupling, in place. Its log-determinant goes to LOG_DET. */
function couplingMap(plan: PlanBuilder, { spec, tensors }: Coupling, run: CouplingRun): void {
  const { rows, variants, activations, inverse, accumulate, keep } = run;
  const { blocks, nets } = tensors;
  const { scale, shiftFirst } = spec;
  const isFusable = variants.product === 'blocked' && nets.length === 1 && shiftFirst !== true;
  const net = isFusable ? nets[0] : undefined;
  const last = net?.layers.at(-1);
  const fused = net !== undefined && last !== undefined;
  conditionerForward(plan, { spec, ...tensors }, { ...run, keepDerivatives: keep, hiddenOnly: fused });
  // The number of terms per row that add up to the log-determinant.
  const terms = fused ? couplingTiles(blocks.transformCount) : blocks.transformCount;
  const logScale = plan.buffer(LOG_SCALE, terms * rows);
  const common = { rows, blocks, scale, state: STATE, logScale };
  if (fused) {
    const output = keep ? plan.buffer(activations.output, last.outputs * rows) : undefined;
    plan.add(
      denseCouplingBlocked({
        ...common,
        layer: last,
        inverse,
        parameters: netParameters(variants),
        input: activations.hidden(0, net.layers.length - 2),
        f16: variants.precision === 'f16',
        ...(output === undefined ? {} : { output }),
      }),
    );
  } else {
    plan.add(transformBlock({ ...common, inverse, shiftFirst, conditionerOutput: activations.output }));
  }
  plan.add(
    logDetReduce({ rows, features: terms, sign: inverse ? -1 : 1, accumulate, logScale, logDet: LOG_DET }),
  );
}
