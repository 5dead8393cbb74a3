/** Each bijector on the graph, in both directions. Rows are [B, D]. */
import type { Bijector, Layer } from '../bijectors/bijector.ts';
import type { CouplingTensors } from '../bijectors/coupling.ts';
import type { DiagonalTensors } from '../bijectors/diagonalMap.ts';
import type { BIJECTORS } from '../bijectors/index.ts';
import type { BijectorType } from '../bijectors/index.ts';
import { ShapeError } from '../errors.ts';
import type { FeatureBlock } from '../model/blocks.ts';
import type { TensorSlot } from '../model/tensors.ts';
import type { NetSpec } from '../nets/net.ts';
import { throughDomains } from './domains.ts';
import type { Graph, Operand, Value } from './graph.ts';
import { inverseOfLower, lowerMatrix, transposed, upperMatrix } from './linear.ts';
import { logScale, netOutputs } from './nets.ts';
import { sharedSplines, splinesOfNet, throughSplines } from './splines.ts';
import type { Splines } from './splines.ts';

/** A pass through the flow: x → z, or z → x if it is inverse. */
export interface Pass {
  graph: Graph;
  inverse: boolean;
  /** [B, C], if the flow has a context. */
  context?: Value;
  /** Number of features D. */
  dim: number;
}

export interface Mapped {
  rows: Value;
  /** The log-det of the map, [B], or a number that all rows have. */
  logDet: Operand;
}

type OnnxMap<OwnLayer> = (pass: Pass, layer: OwnLayer, rows: Value) => Mapped;
type LayerOf<Room> = Room extends Bijector<infer Spec, infer Tensors> ? Layer<Spec, Tensors> : never;

const MAPS: { [Type in BijectorType]: OnnxMap<LayerOf<(typeof BIJECTORS)[Type]>> } = {
  domain({ graph, inverse }, { spec, tensors }, rows) {
    const mapped = throughDomains(graph, spec.features, graph.tensor(tensors.scale), rows, inverse);
    const { logDerivative } = mapped;
    const logDet = typeof logDerivative === 'number' ? logDerivative : graph.sum(logDerivative, -1);
    return { rows: mapped.rows, logDet };
  },

  standardize({ graph, inverse }, { tensors }, rows) {
    const [mean, std] = [graph.tensor(tensors.mean), graph.tensor(tensors.std)];
    const logDet = sum(graph.valuesOf(tensors.std).map(Math.log));
    return inverse
      ? { rows: graph.add(graph.multiply(rows, std), mean), logDet }
      : { rows: graph.divide(graph.subtract(rows, mean), std), logDet: -logDet };
  },

  affine_coupling: (pass, layer, rows) =>
    throughCoupling(pass, layer, rows, (x, outputs) => {
      const { graph, inverse } = pass;
      const { scale, shiftFirst = false } = layer.spec;
      const count = layer.tensors.blocks.transformCount;
      const s = logScale(graph, scale, graph.columns(outputs, 0, count));
      const t = graph.columns(outputs, count, count);
      const logDet = graph.sum(s, -1);
      if (!inverse) {
        const factor = graph.exp(s);
        const moved = shiftFirst
          ? graph.multiply(graph.add(x, t), factor)
          : graph.add(graph.multiply(x, factor), t);
        return { rows: moved, logDet };
      }
      const factor = graph.exp(graph.negative(s));
      const moved = shiftFirst
        ? graph.subtract(graph.multiply(x, factor), t)
        : graph.multiply(graph.subtract(x, t), factor);
      return { rows: moved, logDet: graph.negative(logDet) };
    }),

  additive_coupling: (pass, layer, rows) =>
    throughCoupling(pass, layer, rows, (x, t) => ({
      rows: pass.inverse ? pass.graph.subtract(x, t) : pass.graph.add(x, t),
      logDet: 0,
    })),

  rational_quadratic_coupling: (pass, layer, rows) =>
    throughCoupling(pass, layer, rows, (x, raw) => {
      const { transformCount: count } = layer.tensors.blocks;
      return splined(pass, splinesOfNet(pass.graph, raw, { ...layer.spec, count }), x);
    }),

  rational_quadratic_elementwise(pass, { spec, tensors: { block, raw } }, rows) {
    const { graph } = pass;
    const splines = sharedSplines(graph, graph.valuesOf(raw), { ...spec, count: block.count });
    return withinBlock(pass, block, rows, (x) => splined(pass, splines, x));
  },

  diagonal_scale: throughDiagonal,
  actnorm: throughDiagonal,

  invertible_linear({ graph, inverse, dim }, { tensors }, rows) {
    const [lower, upper, logDiagonal] = [tensors.lower, tensors.upper, tensors.logDiagonal].map((slot) =>
      graph.valuesOf(slot),
    ) as [number[], number[], number[]];
    const order = graph.valuesOf(tensors.permutation);
    const [L, U] = [lowerMatrix(lower, dim), upperMatrix(upper, logDiagonal, dim)];
    const times = (a: Value, matrix: Float64Array, name: string): Value =>
      graph.dense(a, graph.constant('float', matrix, [dim, dim], `${name}_weight`), undefined, name);
    if (!inverse) {
      const mixed = times(times(rows, U, 'upper'), L, 'lower');
      return { rows: graph.reordered(mixed, order, 'permutation'), logDet: sum(logDiagonal) };
    }
    // The graph has no substitution, so it multiplies by the inverse matrices.
    const inner = times(
      graph.reordered(rows, inverseOrder(order), 'permutation'),
      inverseOfLower(L, dim),
      'lower',
    );
    const inverseOfU = transposed(inverseOfLower(transposed(U, dim), dim), dim);
    return { rows: times(inner, inverseOfU, 'upper'), logDet: -sum(logDiagonal) };
  },

  squeeze: notExported,
  channel_actnorm: notExported,
  conv_linear: notExported,
  conv_affine_coupling: notExported,
  conv_additive_coupling: notExported,
  split: notExported,
  logit: notExported,

  permutation({ graph, inverse }, { tensors: { permutation, signs } }, rows) {
    const order = graph.valuesOf(permutation);
    const signed = (a: Value): Value => (signs === undefined ? a : graph.multiply(a, graph.tensor(signs)));
    const moved = inverse
      ? graph.reordered(signed(rows), inverseOrder(order), 'permutation')
      : signed(graph.reordered(rows, order, 'permutation'));
    return { rows: moved, logDet: 0 };
  },
};

/** The rows after a bijector, or before it if the pass is inverse, and the log-det of this map. */
export function throughBijector(pass: Pass, layer: Layer, index: number, rows: Value): Mapped {
  const { type } = layer.spec;
  const map = MAPS[type as BijectorType] as OnnxMap<Layer>;
  return pass.graph.scope(`b${index}_${type}`, () => map(pass, layer, rows));
}

/** @throws {ShapeError} always: bijectors on images have no graph yet */
function notExported(_: Pass, { spec: { type } }: Layer): never {
  throw new ShapeError('spec.bijectors', type, 'bijectors of tables', 'Image flows are not yet exported.');
}

interface CouplingLayer {
  spec: { conditioner: NetSpec };
  tensors: CouplingTensors;
}

/** Maps the transformed block by what the nets make of the other one and the context. */
function throughCoupling(
  pass: Pass,
  { spec: { conditioner }, tensors: { blocks, nets } }: CouplingLayer,
  rows: Value,
  map: (x: Value, outputs: Value) => Mapped,
): Mapped {
  const { graph, context } = pass;
  const { conditionStart, conditionCount, transformStart: start, transformCount: count } = blocks;
  const inputs = [
    ...(conditionCount === 0 ? [] : [graph.columns(rows, conditionStart, conditionCount)]),
    ...(context === undefined ? [] : [context]),
  ];
  const joined = graph.concat(inputs);
  const outputs = graph.concat(nets.map((net) => netOutputs(graph, conditioner, net, joined)));
  return withinBlock(pass, { start, count }, rows, (x) => map(x, outputs));
}

/** Maps adjacent features; the others stay. */
function withinBlock(
  { graph, dim }: Pass,
  { start, count }: FeatureBlock,
  rows: Value,
  map: (x: Value) => Mapped,
): Mapped {
  const part = (from: number, length: number): Value[] =>
    length === 0 ? [] : [length === dim ? rows : graph.columns(rows, from, length)];
  const mapped = part(start, count).map(map);
  const end = start + count;
  const parts = [...part(0, start), ...mapped.map((one) => one.rows), ...part(end, dim - end)];
  return { rows: graph.concat(parts), logDet: mapped[0]?.logDet ?? 0 };
}

function splined({ graph, inverse }: Pass, splines: Splines, x: Value): Mapped {
  const { rows, logDerivative } = throughSplines(graph, splines, x, inverse);
  const logDet = graph.sum(logDerivative, -1);
  return { rows, logDet: inverse ? graph.negative(logDet) : logDet };
}

function throughDiagonal(
  { graph, inverse }: Pass,
  { tensors: { bias, logScale: slot } }: { tensors: DiagonalTensors },
  rows: Value,
): Mapped {
  const logScales = graph.valuesOf(slot);
  const factor = (sign: 1 | -1): Value =>
    graph.constant(
      'float',
      logScales.map((value) => Math.exp(sign * value)),
      [logScales.length],
      'factor',
    );
  const shift = (slots: TensorSlot): Value => graph.tensor(slots);
  if (!inverse) {
    const shifted = bias === undefined ? rows : graph.add(rows, shift(bias));
    return { rows: graph.multiply(shifted, factor(1)), logDet: sum(logScales) };
  }
  const scaled = graph.multiply(rows, factor(-1));
  return {
    rows: bias === undefined ? scaled : graph.subtract(scaled, shift(bias)),
    logDet: -sum(logScales),
  };
}

function inverseOrder(order: readonly number[]): number[] {
  const inverse = order.map(() => NaN);
  order.forEach((origin, j) => (inverse[origin] = j));
  return inverse;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
