/** The maps between bounded data and the real line on the graph, as in shaders/shared/domain.wgsl. */
import type { BoundedDomain, Domain } from '../model/domain.ts';
import type { Graph, Operand, Value } from './graph.ts';
import { log1p, logOneMinusExp, MAX_FLOAT, sigmoid, softplus } from './maths.ts';

/** The smallest number of float32 that is not subnormal, and the largest one below 1. */
const MIN_VALUE = 2 ** -126;
const MAX_OF_UNIT = 1 - 2 ** -24;
const MIN_IMAGE = -126 * Math.LN2;
const MAX_IMAGE_OF_UNIT = 24 * Math.LN2;

interface Image {
  value: Value;
  logDerivative: Value;
}

interface DomainMap {
  /** A value of the domain, for features that have another one. */
  inner: number;
  isInside(graph: Graph, x: Value): Value;
  image(graph: Graph, x: Value, scale: Value): Image;
  preimage(graph: Graph, z: Value, scale: Value): Image;
}

const MAPS: Record<BoundedDomain, DomainMap> = {
  unit: {
    inner: 0.5,
    isInside: (graph, x) => graph.and(graph.isLess(0, x), graph.isLess(x, 1)),
    image(graph, x) {
      const inside = between(graph, x, MIN_VALUE, MAX_OF_UNIT);
      const [logX, logRest] = [graph.log(inside), graph.log(graph.subtract(1, inside))];
      return {
        value: graph.subtract(logX, logRest),
        logDerivative: graph.negative(graph.add(logX, logRest)),
      };
    },
    preimage(graph, image) {
      const z = between(graph, image, MIN_IMAGE, MAX_IMAGE_OF_UNIT);
      const size = graph.abs(z);
      const bend = log1p(graph, graph.exp(graph.negative(size)));
      return {
        value: between(graph, sigmoid(graph, z), MIN_VALUE, MAX_OF_UNIT),
        logDerivative: graph.negative(graph.add(size, graph.multiply(bend, 2))),
      };
    },
  },

  positive: {
    inner: 1,
    isInside: (graph, x) => graph.isLess(0, x),
    image(graph, x, scale) {
      const scaled = between(graph, graph.divide(graph.max(x, MIN_VALUE), scale), MIN_VALUE, MAX_FLOAT);
      const shrunk = logOneMinusExp(graph, scaled);
      return {
        value: graph.add(scaled, shrunk),
        logDerivative: graph.negative(graph.add(shrunk, graph.log(scale))),
      };
    },
    preimage(graph, image, scale) {
      const z = graph.max(image, MIN_IMAGE);
      const bend = log1p(graph, graph.exp(graph.negative(graph.abs(z))));
      const value = graph.multiply(graph.max(softplus(graph, z), MIN_VALUE), scale);
      return {
        value: between(graph, value, MIN_VALUE, MAX_FLOAT),
        logDerivative: graph.add(graph.subtract(graph.min(z, 0), bend), graph.log(scale)),
      };
    },
  },
};

/**
 * The rows [B, D] on the real line, or with `inverse` back in their domains, and the log-derivative of each value. A
 * value outside its domain becomes NaN.
 */
export function throughDomains(
  graph: Graph,
  domains: readonly Domain[],
  scale: Value,
  rows: Value,
  inverse: boolean,
): { rows: Value; logDerivative: Operand } {
  let mapped: { rows: Value; logDerivative: Operand } = { rows, logDerivative: 0 };
  for (const [domain, map] of Object.entries(MAPS)) {
    if (!domains.some((one) => one === domain)) continue;
    mapped = graph.scope(domain, () => {
      const isOwn = graph.cast(
        graph.constant(
          'int64',
          domains.map((one) => (one === domain ? 1 : 0)),
          [domains.length],
          'features',
        ),
        'bool',
      );
      const own = inverse ? rows : graph.where(isOwn, rows, map.inner);
      const found = inverse ? map.preimage(graph, own, scale) : map.image(graph, own, scale);
      // 0 or NaN: a maximum or minimum above may have made a number of any value.
      const doubt = inverse ? 0 : graph.where(map.isInside(graph, own), 0, NaN);
      const of = (value: Value, otherwise: Operand): Value =>
        graph.where(isOwn, inverse ? value : graph.add(value, doubt), otherwise);
      return {
        rows: of(found.value, mapped.rows),
        logDerivative: of(found.logDerivative, mapped.logDerivative),
      };
    });
  }
  return mapped;
}

function between(graph: Graph, value: Value, min: number, max: number): Value {
  return graph.max(graph.min(value, max), min);
}
