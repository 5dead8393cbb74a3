/** Models from the state dicts of zuko's coupling flows. docs/pytorch.md lists the supported parts. */
import { NET_RULES } from './nflows.ts';
import type { NetOptions } from './nflows.ts';
import { BELOW_ONE, requireOptions } from '../../calls/optionRules.ts';
import type { OptionRules } from '../../calls/optionRules.ts';
import type { Model } from '../modelFile.ts';
import { FlowAssembly, netTensors } from './flowAssembly.ts';
import { plainNet, withOutputs } from './nets.ts';
import { STATE_DICT, StateReader } from './stateDict.ts';
import type { StateDict } from './stateDict.ts';

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
 * The model of zuko's `NICE` or `RealNVP`, or of another `Flow` of `GeneralCouplingTransform`s over `DiagNormal`, with
 * affine or additive couplings; with a context if its nets read one. Its latent is the base's latent in units of the
 * base's scale.
 * @param fileName used in messages only
 * @throws {ModelFileError} naming the first missing tensor, or the first one of an unsupported part
 */
export function zukoModel(state: StateDict, options: ZukoOptions = {}, fileName = STATE_DICT): Model {
  requireOptions('zukoModel', options, ZUKO_RULES);
  const reader = new StateReader(state, fileName);
  const loc = reader.values('base.loc');
  const parts = reader.indices('transform.transforms');
  const prefixes = parts.length === 0 ? ['transform'] : parts.map((index) => `transform.transforms.${index}`);
  for (const prefix of prefixes) requireCoupling(reader, prefix);
  const masks = prefixes.map((prefix) => reader.values(`${prefix}.mask`));
  const conditions = masks.map((mask) => mask.flatMap((one, feature) => (one === 0 ? [] : [feature])));
  const transforms = masks.map((mask) => mask.flatMap((one, feature) => (one === 0 ? [feature] : [])));
  const nets = prefixes.map((prefix) => plainNet(reader, `${prefix}.hyper`, options.activation));
  const contextDim = (nets[0]?.layers[0]?.[0]?.weights.length ?? 0) - (conditions[0]?.length ?? 0);
  const flow = new FlowAssembly(loc.length, fileName, contextDim);
  nets.forEach((net, index) => {
    const [condition = [], transform = []] = [conditions[index], transforms[index]];
    const blocks = flow.blocks(condition, transform);
    const outputs = net.layers.at(-1) ?? [];
    const each = outputs.length / transform.length;
    if (each === 1) {
      flow.add({ type: 'additive_coupling', ...blocks, conditioner: net.spec }, netTensors(net));
    } else if (each === 2) {
      // The outputs alternate: t, a, t, a, …
      const of = (place: number) => outputs.filter((_, output) => output % 2 === place);
      const scale = { map: 'softclip', bound: -Math.log(options.slope ?? 1e-3) } as const;
      const conditioner = { ...net.spec, separate: false };
      flow.add(
        { type: 'affine_coupling', ...blocks, scale, conditioner },
        netTensors(withOutputs(net, [...of(1), ...of(0)])),
      );
    } else {
      throw reader.problem(
        `${prefixes[index]}.hyper: found ${each} outputs a feature, expected 1 of an additive or 2 of an affine coupling`,
        "wgflow has no transformation with zuko's splines, which clip their numbers in another way.",
      );
    }
  });
  const logScale = reader.values('base.scale').map((scale) => -Math.log(scale));
  flow.affine(
    loc.map((value) => -value),
    logScale,
  );
  reader.requireAllRead();
  return flow.build();
}

/** @throws {ModelFileError} when the transformation is none that has a mask and a plain net */
function requireCoupling(reader: StateReader, prefix: string): void {
  if (reader.has(`${prefix}.mask`)) return;
  const isMasked = reader.has(`${prefix}.hyper.0.mask`);
  const found = isMasked
    ? 'a masked autoregressive transformation (MAF, or NSF with any number of passes)'
    : 'no tensor mask';
  throw reader.problem(
    `${prefix}: found ${found}, expected a coupling`,
    'Of zuko, wgflow loads NICE and RealNVP; docs/pytorch.md says which parts.',
  );
}
