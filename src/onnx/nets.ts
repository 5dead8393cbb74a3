/** Conditioner nets on the graph: one Gemm a layer. */
import type { Activation } from '../model/activation.ts';
import type { ScaleMap } from '../model/scaleMap.ts';
import type { NetSlots } from '../model/tensors.ts';
import { netOf } from '../nets/index.ts';
import type { NetSpec } from '../nets/net.ts';
import type { Graph, Value } from './graph.ts';
import { log1p, sigmoid } from './maths.ts';

const ACTIVATIONS: Record<Activation, (graph: Graph, a: Value) => Value> = {
  identity: (_, a) => a,
  relu: (graph, a) => graph.node('Relu', [a]),
  leaky_relu: (graph, a) => graph.node('LeakyRelu', [a], { attributes: { alpha: { float: 0.01 } } }),
  tanh: (graph, a) => graph.node('Tanh', [a]),
  silu: (graph, a) => graph.multiply(a, graph.node('Sigmoid', [a])),
};

/** The outputs [B, outputs] of a net for inputs [B, inputs]. */
export function netOutputs(graph: Graph, spec: NetSpec, net: NetSlots, inputs: Value): Value {
  return graph.scope(net.name, () => {
    let [value, sum]: [Value, Value | undefined] = [inputs, undefined];
    for (const { layer, depth, isLast, isTerm, isActivated } of netOf(spec).routes(net.layers)) {
      const { weight, bias } = layer;
      const name = isLast ? 'output' : `hidden${depth}`;
      value = graph.dense(value, graph.tensor(weight), graph.tensor(bias), name);
      if (isTerm) value = sum = sum === undefined ? value : graph.add(sum, value);
      if (isActivated) value = ACTIVATIONS[spec.activation](graph, value);
    }
    return value;
  });
}

type ScaleMapOf<Name extends ScaleMap['map']> = Extract<ScaleMap, { map: Name }>;

const SCALE_MAPS: {
  [Name in ScaleMap['map']]: (graph: Graph, map: ScaleMapOf<Name>, a: Value) => Value;
} = {
  exp: (_, __, a) => a,
  tanh: (graph, { bound }, a) => graph.multiply(graph.node('Tanh', [graph.divide(a, bound)]), bound),
  softclip: (graph, { bound }, a) => graph.divide(a, graph.add(graph.divide(graph.abs(a), bound), 1)),
  sigmoid(graph, { floor }, a) {
    const shifted = graph.add(a, 2);
    if (floor !== undefined) return graph.log(graph.add(sigmoid(graph, shifted), floor));
    const rest = log1p(graph, graph.exp(graph.negative(graph.abs(shifted))));
    return graph.subtract(graph.min(shifted, 0), rest);
  },
};

/** The log-scale s of a raw output a. */
export function logScale(graph: Graph, map: ScaleMap, a: Value): Value {
  return graph.scope('log_scale', () => {
    const row = SCALE_MAPS[map.map] as (graph: Graph, map: ScaleMap, a: Value) => Value;
    return row(graph, map, a);
  });
}
