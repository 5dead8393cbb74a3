/** The nets of state dicts, as the nets of couplings. */
import type { Activation } from '../../model/activation.ts';
import type { NetSpec } from '../../nets/net.ts';
import type { Net } from './flowAssembly.ts';
import type { Row, StateReader } from './stateDict.ts';

/** nflows' and normflows' `ResidualNet`, without context, normalisation or dropout. */
export function residualNet(reader: StateReader, prefix: string, activation?: Activation): Net {
  const initial = reader.linear(`${prefix}.initial_layer`);
  const blocks = reader.indices(`${prefix}.blocks`);
  const inner = blocks.flatMap((block) =>
    [0, 1].map((layer) => reader.linear(`${prefix}.blocks.${block}.linear_layers.${layer}`)),
  );
  const layers = [initial, ...inner, reader.linear(`${prefix}.final_layer`)];
  return { spec: netSpec([initial.length], activation, blocks.length), layers };
}

/** Linear layers with activations between them: normflows' and zuko's `MLP`, or a `Sequential`. `{prefix}.{n}` are the layers. */
export function plainNet(reader: StateReader, prefix: string, activation?: Activation): Net {
  const layers = reader.indices(prefix).map((index) => reader.linear(`${prefix}.${index}`));
  const hidden = layers.slice(0, -1).map(({ length }) => length);
  return { spec: netSpec(hidden, activation), layers };
}

export function netSpec(hidden: number[], activation: Activation = 'relu', residualBlocks?: number): NetSpec {
  const blocks = residualBlocks === undefined ? {} : { residualBlocks };
  return { hidden, ...blocks, activation, init: 'zero_last' };
}

export function withOutputs(net: Net, outputs: readonly Row[]): Net {
  return { ...net, layers: [...net.layers.slice(0, -1), outputs] };
}

export function times({ weights, bias }: Row, factor: number): Row {
  return { weights: weights.map((weight) => factor * weight), bias: factor * bias };
}
