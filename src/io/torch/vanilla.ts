/** Models from the state dict of the notebook of Gebotys' article, the model of the preset `vanilla`. */
import { requireOptions } from '../../calls/optionRules.ts';
import type { OptionRules } from '../../calls/optionRules.ts';
import type { Model } from '../modelFile.ts';
import { FlowAssembly, netTensors } from './flowAssembly.ts';
import { plainNet } from './nets.ts';
import { NET_RULES } from './nflows.ts';
import type { NetOptions } from './nflows.ts';
import { STATE_DICT, StateReader } from './stateDict.ts';
import type { StateDict } from './stateDict.ts';

/** The activation of the nets is `leaky_relu` by default, as in the article. */
export type VanillaOptions = Pick<NetOptions, 'activation'>;

export const VANILLA_RULES: OptionRules<keyof VanillaOptions> = { activation: NET_RULES.activation };

/**
 * The model of the article's `R_NVP`, or of several in `bijectors`, of which every second one takes the blocks the
 * other way round. Each has the nets `sig_net` and `mu_net`.
 * @param fileName used in messages only
 * @throws {ModelFileError} naming the first missing tensor, or the first one of another part
 */
export function vanillaModel(state: StateDict, options: VanillaOptions = {}, fileName = STATE_DICT): Model {
  requireOptions('vanillaModel', options, VANILLA_RULES);
  const { activation = 'leaky_relu' } = options;
  const reader = new StateReader(state, fileName);
  const count = reader.indices('bijectors').length;
  const prefixes = count === 0 ? [''] : Array.from({ length: count }, (_, index) => `bijectors.${index}.`);
  const couplings = prefixes.map((prefix) => ({
    scale: plainNet(reader, `${prefix}sig_net`, activation),
    shift: plainNet(reader, `${prefix}mu_net`, activation),
  }));
  const [first] = couplings;
  const inputs = first?.scale.layers[0]?.[0]?.weights.length;
  if (first === undefined || inputs === undefined) {
    throw reader.problem('found no tensor sig_net.0.weight, expected the nets sig_net and mu_net of R_NVP');
  }
  const outputs = first.scale.layers.at(-1)?.length ?? 0;
  const flow = new FlowAssembly(inputs + outputs, fileName);
  couplings.forEach(({ scale, shift }, index) => {
    flow.add(
      {
        type: 'affine_coupling',
        split: inputs,
        flip: index % 2 === 1,
        scale: { map: 'exp' },
        conditioner: { ...scale.spec, separate: true, init: 'torch_linear' },
      },
      { ...netTensors(scale, 'scale'), ...netTensors(shift, 'shift') },
    );
  });
  reader.requireAllRead();
  return flow.build();
}
