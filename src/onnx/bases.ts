/** Each base distribution on the graph: its log-density, and samples from draws that the caller gives. */
import type { Base, BaseLayer } from '../bases/base.ts';
import type { BASES } from '../bases/index.ts';
import type { BaseType } from '../bases/index.ts';
import type { MixtureSlots } from '../model/tensors.ts';
import { softmax } from '../reference/maths/rational_quadratic.ts';
import { studentTNormaliser } from '../reference/maths/student_t.ts';
import type { Pass } from './bijectors.ts';
import type { Graph, Value } from './graph.ts';
import { cosOfTurns, expm1, log1p, logSumExp } from './maths.ts';

/** The draws that a base needs for B rows of D features, by kind. Each shape begins with B. */
export interface Draws {
  normals?: (dim: number) => number[];
  uniforms?: (dim: number) => number[];
}

interface OnnxBase<Layer> {
  /** log p(z) [B] of rows [B, D]. */
  logProb(pass: Pass, layer: Layer, z: Value): Value;
  draws: Draws;
  /** z [B, D] from these draws. */
  sample(pass: Pass, layer: Layer, draws: { normals: Value; uniforms: Value }): Value;
}

type LayerOf<Room> = Room extends Base<infer Spec, infer Tensors> ? BaseLayer<Spec, Tensors> : never;

const NORMALS: Draws = { normals: (dim) => [dim] };

/** log 2π / 2. */
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** As for the samples of the library: float32 cannot hold what exp makes of more. */
const MAX_EXPONENT = 80;

const TABLE: { [Type in BaseType]: OnnxBase<LayerOf<(typeof BASES)[Type]>> } = {
  standard_normal: {
    logProb: ({ graph }, { dim }, z) => normalLogProb(graph, z, dim),
    draws: NORMALS,
    sample: (_, __, { normals }) => normals,
  },

  class_conditional: {
    logProb: (pass, layer, z) => {
      const { graph } = pass;
      return normalLogProb(graph, graph.subtract(z, classMean(pass, layer.tensors.mean)), layer.dim);
    },
    draws: NORMALS,
    sample: (pass, { tensors }, { normals }) => pass.graph.add(normals, classMean(pass, tensors.mean)),
  },

  diagonal_normal: {
    logProb: ({ graph }, { tensors, dim }, z) => mixtureLogProb(graph, tensors, dim, z),
    draws: NORMALS,
    sample: ({ graph }, { tensors: { mean, logScale } }, { normals }) => {
      const scale = graph.exp(graph.tensor(logScale));
      return graph.add(graph.multiply(normals, scale), graph.tensor(mean));
    },
  },

  mixture: {
    logProb: ({ graph }, { tensors, dim }, z) => mixtureLogProb(graph, tensors, dim, z),
    draws: { ...NORMALS, uniforms: () => [] },
    sample({ graph }, { tensors }, { normals, uniforms }) {
      let total = 0;
      const ends = weightsOf(graph, tensors).map((weight) => (total += weight));
      // The last component takes the rest.
      const isPast = graph.isAtLeast(
        graph.unsqueeze(uniforms, -1),
        graph.constant('float', ends.slice(0, -1), [ends.length - 1], 'component_ends'),
      );
      const component = graph.sum(graph.cast(isPast, 'int64'), -1);
      const [mean, scale] = [tensors.mean, tensors.logScale].map((slot) =>
        graph.lookUp(graph.tensor(slot), component),
      ) as [Value, Value];
      return graph.add(graph.multiply(normals, graph.exp(scale)), mean);
    },
  },

  student_t: {
    logProb({ graph }, { tensors, dim }, z) {
      const dfs = graph.valuesOf(tensors.logDf).map(Math.exp);
      const constant = (name: string, values: number[]): Value =>
        graph.constant('float', values, [dim], name);
      const df = constant('df', dfs);
      const power = constant(
        'power',
        dfs.map((value) => (value + 1) / 2),
      );
      const normaliser = dfs.reduce((sum, value) => sum + studentTNormaliser(value).log, 0);
      const tail = log1p(graph, graph.divide(graph.square(z), df));
      return graph.subtract(normaliser, graph.sum(graph.multiply(power, tail), -1));
    },
    draws: { uniforms: (dim) => [dim, 2] },
    sample({ graph }, { tensors, dim }, { uniforms }) {
      const dfs = graph.valuesOf(tensors.logDf).map(Math.exp);
      const df = graph.constant('float', dfs, [dim], 'df');
      const [u, v] = [graph.column(uniforms, 0), graph.column(uniforms, 1)];
      const exponent = graph.min(graph.divide(graph.multiply(graph.log(u), -2), df), MAX_EXPONENT);
      const radius = graph.sqrt(graph.multiply(df, expm1(graph, exponent)));
      return graph.multiply(radius, cosOfTurns(graph, v));
    },
  },

  uniform: {
    logProb({ graph }, { spec: { bound }, dim }, z) {
      const largest = graph.largest(graph.abs(z), -1);
      const isOutside = graph.isLess(bound, graph.reshape(largest, [-1]));
      const logProb = graph.where(isOutside, -Infinity, -dim * Math.log(2 * bound));
      return graph.where(graph.isNaN(graph.sum(z, -1)), NaN, logProb);
    },
    draws: { uniforms: (dim) => [dim] },
    // The upper half of the uniforms becomes the negative half of the box, where float32 is finer than near 1.
    sample({ graph }, { spec: { bound } }, { uniforms }) {
      const isLow = graph.isLess(uniforms, 0.5);
      const centred = graph.where(isLow, uniforms, graph.subtract(uniforms, 1));
      return graph.multiply(centred, 2 * bound);
    },
  },
};

/** The row of a base in the table. */
export function onnxBase({ spec }: BaseLayer): OnnxBase<BaseLayer> {
  return TABLE[spec.type as BaseType];
}

function normalLogProb(graph: Graph, z: Value, dim: number): Value {
  const squares = graph.sum(graph.square(z), -1);
  return graph.subtract(graph.multiply(squares, -0.5), dim * HALF_LOG_TWO_PI);
}

/** M c, [B, D]. */
function classMean({ graph, context }: Pass, mean: MixtureSlots['mean']): Value {
  if (context === undefined) throw new RangeError('a class-conditional base has a context');
  return graph.dense(context, graph.tensor(mean), undefined, 'class_mean');
}

function weightsOf(graph: Graph, { logits }: MixtureSlots): number[] {
  return softmax(logits === undefined ? [0] : graph.valuesOf(logits));
}

function mixtureLogProb(graph: Graph, slots: MixtureSlots, dim: number, z: Value): Value {
  const { mean, logScale } = slots;
  const logScales = graph.valuesOf(logScale);
  const starts = weightsOf(graph, slots).map((weight, k) => {
    const logScaleSum = logScales.slice(k * dim, (k + 1) * dim).reduce((sum, value) => sum + value, 0);
    return Math.log(weight) - logScaleSum - dim * HALF_LOG_TWO_PI;
  });
  const scale = graph.exp(graph.tensor(logScale));
  const distance = graph.divide(graph.subtract(graph.unsqueeze(z, 1), graph.tensor(mean)), scale);
  const squares = graph.sum(graph.square(distance), -1);
  const terms = graph.add(
    graph.multiply(squares, -0.5),
    graph.constant('float', starts, [starts.length], 'log_weights'),
  );
  return starts.length === 1 ? graph.reshape(terms, [-1]) : logSumExp(graph, terms, 1);
}
