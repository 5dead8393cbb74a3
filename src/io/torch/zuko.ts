/** Models from the state dicts of zuko's coupling flows. docs/pytorch.md lists the supported parts. */
import { NET_RULES } from './nflows.ts';
import type { NetOptions } from './nflows.ts';
import { BELOW_ONE, requireOptions } from '../../calls/optionRules.ts';
import type { OptionRules } from '../../calls/optionRules.ts';
import type { Model } from '../modelFile.ts';
import type { Activation } from '../../model/activation.ts';
import type { ScaleMap } from '../../model/scaleMap.ts';
import { FlowAssembly, identityOf, netTensors } from './flowAssembly.ts';
import type { Net } from './flowAssembly.ts';
import { plainNet, withOutputs } from './nets.ts';
import { STATE_DICT, StateReader } from './stateDict.ts';
import type { Row, StateDict } from './stateDict.ts';

/** What a state dict of zuko does not say. */
export interface ZukoOptions extends Pick<NetOptions, 'activation'> {
  /** `slope` of `MonotonicAffineTransform`, the smallest scale. Default 1e-3, as in zuko. */
  slope?: number;
}

export const ZUKO_RULES: OptionRules<keyof ZukoOptions> = {
  activation: NET_RULES.activation,
  slope: {
    expected: 'a number between 0 and 1',
    accepts: (value) => BELOW_ONE.accepts(value) && Number(value) > 0,
  },
};

/**
 * The model of zuko's `NICE` or `RealNVP`, of `MAF` with `passes=2`, or of another `Flow` of such transformations over
 * `DiagNormal`, affine or additive; with a context if the nets of its `GeneralCouplingTransform`s read one. Its latent is
 * the base's latent in units of the base's scale.
 * @param fileName used in messages only
 * @throws {ModelFileError} naming the first missing tensor, or the first one of an unsupported part
 */
export function zukoModel(state: StateDict, options: ZukoOptions = {}, fileName = STATE_DICT): Model {
  requireOptions('zukoModel', options, ZUKO_RULES);
  const { activation, slope = 1e-3 } = options;
  const reader = new StateReader(state, fileName);
  const loc = reader.values('base.loc');
  const parts = reader.indices('transform.transforms');
  const prefixes = parts.length === 0 ? ['transform'] : parts.map((index) => `transform.transforms.${index}`);
  const couplings = prefixes.map((prefix) => couplingAt(reader, prefix, activation));
  const flow = new FlowAssembly(loc.length, fileName, couplings[0]?.contextDim);
  const scale = { map: 'softclip', bound: -Math.log(slope) } as const;
  for (const coupling of couplings) addCoupling(flow, coupling, scale);
  flow.affine(
    loc.map((value) => -value),
    reader.values('base.scale').map((value) => -Math.log(value)),
  );
  reader.requireAllRead();
  return flow.build();
}

/** A coupling; of a masked autoregressive transformation with two passes, also what it does to the other block. */
interface Coupling {
  condition: number[];
  transform: number[];
  net: Net;
  /** Numbers for each transformed feature: the shift, and the raw log-scale of an affine coupling. */
  each: number;
  /** The same numbers for each feature that conditions, if it changes. */
  constants?: number[][];
  contextDim: number;
}

function addCoupling(
  flow: FlowAssembly,
  { condition, transform, net, each, constants = [] }: Coupling,
  scale: ScaleMap & { map: 'softclip' },
): void {
  const blocks = flow.blocks(condition, transform);
  const outputs = net.layers.at(-1) ?? [];
  if (each === 1) {
    flow.add({ type: 'additive_coupling', ...blocks, conditioner: net.spec }, netTensors(net));
  } else {
    // The outputs alternate: t, a, t, a, …
    const of = (place: number): Row[] => outputs.filter((_, output) => output % 2 === place);
    flow.add(
      { type: 'affine_coupling', ...blocks, scale, conditioner: { ...net.spec, separate: false } },
      netTensors(withOutputs(net, [...of(1), ...of(0)])),
    );
  }
  // z = x exp(s) + t for numbers that do not depend on the row.
  const logScale = constants.map(([, a = 0]) => a / (1 + Math.abs(a) / scale.bound));
  flow.affine(
    constants.map(([t = 0], feature) => t * Math.exp(-(logScale[feature] ?? 0))),
    logScale,
  );
}

function couplingAt(reader: StateReader, prefix: string, activation?: Activation): Coupling {
  const isMasked = reader.has(`${prefix}.hyper.0.mask`);
  if (!isMasked && !reader.has(`${prefix}.mask`)) {
    throw reader.problem(`${prefix}: found no tensor mask, expected a coupling`, PARTS);
  }
  const order = isMasked ? passesAt(reader, prefix) : reader.values(`${prefix}.mask`).map((one) => 1 - one);
  const features = identityOf(order.length);
  const condition = features.filter((feature) => order[feature] === 0);
  const transform = features.filter((feature) => order[feature] !== 0);
  const whole = (isMasked ? maskedNet : plainNet)(reader, `${prefix}.hyper`, activation);
  const [outputs = [], inputs = 0] = [whole.layers.at(-1), whole.layers[0]?.[0]?.weights.length];
  const each = outputs.length / (isMasked ? features : transform).length;
  if (each !== 1 && each !== 2) {
    throw reader.problem(
      `${prefix}.hyper: found ${each} outputs a feature, expected 1 of an additive or 2 of an affine coupling`,
      "wgflow has no transformation with zuko's splines, which clip their numbers in another way.",
    );
  }
  if (!isMasked) return { condition, transform, net: whole, each, contextDim: inputs - condition.length };
  if (inputs > features.length) {
    throw reader.problem(
      `${prefix}: found a masked autoregressive transformation with a context, expected none`,
      PARTS,
    );
  }
  const rowsOf = (feature: number): Row[] => outputs.slice(feature * each, (feature + 1) * each);
  const [first = [], ...others] = withOutputs(whole, transform.flatMap(rowsOf)).layers;
  const read = first.map(({ weights, bias }) => ({ weights: condition.map((j) => weights[j] ?? 0), bias }));
  const isConstant = new Set(condition);
  const constants = features.map((feature) =>
    isConstant.has(feature) ? rowsOf(feature).map(({ bias }) => bias) : [],
  );
  return {
    condition,
    transform,
    net: { ...whole, layers: [read, ...others] },
    each,
    constants,
    contextDim: 0,
  };
}

const PARTS = 'Of zuko, wgflow loads NICE, RealNVP and MAF with passes=2; docs/pytorch.md says which parts.';

/** The pass of each feature, 0 or 1. @throws {ModelFileError} when there are more passes */
function passesAt(reader: StateReader, prefix: string): number[] {
  const order = reader.values(`${prefix}.order`);
  const passes = 1 + Math.max(...order);
  if (passes === 2) return order;
  throw reader.problem(
    `${prefix}: found a masked autoregressive transformation of ${passes} passes, expected a coupling`,
    PARTS,
  );
}

/** A net whose weights count where their mask is 1. */
function maskedNet(reader: StateReader, prefix: string, activation?: Activation): Net {
  const net = plainNet(reader, prefix, activation);
  const masks = reader.indices(prefix).map((index) => reader.matrix(`${prefix}.${index}.mask`));
  const layers = net.layers.map((rows, layer) =>
    rows.map(({ weights, bias }, row) => ({
      weights: weights.map((weight, j) => weight * (masks[layer]?.[row]?.[j] ?? 0)),
      bias,
    })),
  );
  return { ...net, layers };
}
