/**
 * Fixed maps of bounded data to the real line, feature by feature. `unit`: z = log(x / (1 − x)). `positive`: z =
 * log(exp(x / s) − 1), with s the mean of the training data, 1 in a fresh flow. Only as the first bijector.
 */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { domain as mapDomain } from '../kernels/elementwise/domain.ts';
import { domainBackward } from '../kernels/elementwise/domain_backward.ts';
import type { DomainRange } from '../kernels/elementwise/domain.ts';
import { INVERTED, UNIT_DOMAIN } from '../kernels/resident/ops.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import { DOMAINS } from '../model/domain.ts';
import type { Domain } from '../model/domain.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import { fillTensor, firstUnsound, tensorOf } from '../model/tensors.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { D_STATE, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { builderOf } from './bijector.ts';
import type { Bijector, Layer, MapPass } from './bijector.ts';

const schema = v.strictObject({
  type: v.literal('domain'),
  /** A domain for each feature, at least one of them not `real`. */
  features: v.pipe(
    v.array(v.picklist(DOMAINS)),
    v.minLength(1, 'at least 1'),
    v.maxLength(SPEC_LIMITS.dim, `at most ${SPEC_LIMITS.dim}`),
  ),
});
/**
 * The spec of `domain`.
 * @interface
 */
export type DomainSpec = v.InferOutput<typeof schema>;

export interface Tensors {
  scale: TensorSlot;
}

const BUFFERS = { parameters: PARAMETERS, state: STATE, logDet: LOG_DET };

export const domainRoom: Bijector<DomainSpec, Tensors> = {
  schema,
  defaults: ({ dim }) => ({ features: Array.from({ length: dim }, (): Domain => 'positive') }),

  check({ type, features }, { where, previous, flow: { dim } }) {
    if (previous !== undefined)
      throw new ShapeError(`${where}.type`, type, `${type} only as the first bijector`);
    if (features.length !== dim) {
      throw new ShapeError(`${where}.features`, `${features.length} domains`, `${dim}, one for each feature`);
    }
    if (features.every((domain) => domain === 'real')) {
      throw new ShapeError(
        `${where}.features`,
        'real throughout',
        'a bounded feature',
        'Leave the bijector out.',
      );
    }
  },

  tensors: (_, { dim }, add) => ({ scale: add('scale', [dim], false) }),
  start: ({ tensors }, parameters) => fillTensor(parameters, tensors.scale, 1),
  startFromData: ({ tensors }, { scale }) => [{ tensor: tensors.scale, values: new Float32Array(scale) }],

  unsound({ spec: { features }, tensors }, parameters) {
    const expected = 'a number > 0 of a positive feature, 1 of others';
    return firstUnsound(tensors.scale, parameters, expected, (value, feature) =>
      features[feature] === 'positive' ? value > 0 : value === 1,
    );
  },

  words({ spec: { features }, tensors }, { names, parameters }) {
    const scales = tensorOf(parameters, tensors.scale);
    const those = (domain: Domain): string =>
      names
        .flatMap((name, j) => {
          if (features[j] !== domain) return [];
          return domain === 'positive' ? `${name} (scale ${Number(scales[j]?.toPrecision(6))})` : name;
        })
        .join(', ');
    const parts = [
      those('unit') && `log(x / (1 − x)) of ${those('unit')}`,
      those('positive') && `log(exp(x / scale) − 1) of ${those('positive')}`,
    ];
    return parts.filter((part) => part !== '').join('; ');
  },

  tuningKey: ({ spec }) => spec.type,
  domains: ({ features }) => features,

  resident: {
    forward(ops, layer) {
      residentMaps(ops, layer, 0);
      return undefined;
    },
    inverse: (ops, layer) => residentMaps(ops, layer, INVERTED),
  },

  preservesVolume: false,

  forward: (plan, layer, pass) => addMaps(plan, layer, pass, false),
  inverse: (plan, layer, pass) => addMaps(plan, layer, pass, true),

  backwardInput(plan, layer, { rows, validRows, dLogDet }) {
    const buffers = { parameters: PARAMETERS, state: STATE, dState: D_STATE };
    for (const range of rangesOf(layer)) {
      plan.add(domainBackward({ ...range, rows, validRows, dLogDet, ...buffers }));
    }
  },
};

/** Fixed maps of bounded features to the real line; only as the first bijector. Default: all features `positive`. */
export const domain = builderOf<DomainSpec>('domain');

function residentMaps(ops: RowOps, layer: Layer<DomainSpec, Tensors>, direction: number): void {
  for (const { start, count, domain: bounds, scale } of rangesOf(layer)) {
    ops.scope(() => {
      const aux = ops.reserve(count);
      const option = direction | (bounds === 'unit' ? UNIT_DOMAIN : 0);
      ops.add(
        { kind: 'domain', to: start, count, aux, tensor: scale.offset + start, option },
        { kind: 'add_units', from: aux, count, number: 1 },
      );
    });
  }
}

function addMaps(
  plan: PlanBuilder,
  layer: Layer<DomainSpec, Tensors>,
  { rows, accumulate }: MapPass,
  inverse: boolean,
): void {
  rangesOf(layer).forEach((range, index) => {
    plan.add(mapDomain({ ...range, inverse, rows, accumulate: accumulate || index > 0, ...BUFFERS }));
  });
}

/** The ranges of bounded features, with adjacent features of the same domain merged, and all scales. */
function rangesOf({ spec, tensors }: Layer<DomainSpec, Tensors>): (DomainRange & Tensors)[] {
  const ranges: DomainRange[] = [];
  spec.features.forEach((domain, feature) => {
    if (domain === 'real') return;
    const last = ranges.at(-1);
    if (last?.domain === domain && last.start + last.count === feature) last.count++;
    else ranges.push({ start: feature, count: 1, domain });
  });
  return ranges.map((range) => ({ ...range, ...tensors }));
}
