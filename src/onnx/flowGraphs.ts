/** The graphs of a flow: x → z and log p, z → x, and samples from given draws. */
import type { Model } from '../io/modelFile.ts';
import { paramLayout } from '../spec/layout.ts';
import type { ParamLayout } from '../spec/layout.ts';
import { offsetOf } from '../spec/offset.ts';
import { onnxBase } from './bases.ts';
import type { Draws } from './bases.ts';
import { throughBijector } from './bijectors.ts';
import type { Mapped, Pass } from './bijectors.ts';
import { Graph } from './graph.ts';
import type { Operand, Value } from './graph.ts';

/** The name of the extent that each call decides. */
export const BATCH = 'batch';

/** A flow, and how to add its maps to a graph. */
export class FlowGraph {
  readonly graph: Graph;
  readonly dim: number;
  readonly #layout: ParamLayout;
  readonly #contextDim: number;
  readonly #offset: Float64Array | undefined;

  constructor({ spec, parameters }: Model) {
    this.graph = new Graph(parameters);
    this.dim = spec.dim;
    this.#contextDim = spec.contextDim;
    this.#layout = paramLayout(spec);
    this.#offset = offsetOf(spec);
  }

  /** The type of the data: double if the flow subtracts an offset from them. */
  get dataElement(): 'float' | 'double' {
    return this.#offset === undefined ? 'float' : 'double';
  }

  /** The context [B, C] as an input of the graph, if the flow has one. */
  contextInput(): Value | undefined {
    if (this.#contextDim === 0) return undefined;
    const words = 'the context features of each row: wgflow_context says what they are';
    return this.graph.input('context', 'float', [BATCH, this.#contextDim], words);
  }

  /** x [B, D] → z [B, D] with the log-det [B]. */
  forward(x: Value, context: Value | undefined): { z: Value; logDet: Value } {
    const { graph, dim } = this;
    const pass: Pass = { graph, inverse: false, dim, ...(context && { context }) };
    const { rows, logDet } = this.#through(pass, this.#shifted(x, -1));
    return { z: rows, logDet: this.#eachRow(logDet, rows) };
  }

  /** z [B, D] → x [B, D] with the log-det [B]. */
  inverse(z: Value, context: Value | undefined): { x: Value; logDet: Value } {
    const { graph, dim } = this;
    const pass: Pass = { graph, inverse: true, dim, ...(context && { context }) };
    const { rows, logDet } = this.#through(pass, z);
    return { x: this.#shifted(rows, 1), logDet: this.#eachRow(logDet, rows) };
  }

  /** log p(z) under the base, [B]. */
  baseLogProb(z: Value, context: Value | undefined): Value {
    const { base } = this.#layout;
    return this.#inBase(context, (pass) => onnxBase(base).logProb(pass, base, z));
  }

  /** z [B, D] from the draws of the base, which become inputs of the graph. */
  baseSample(context: Value | undefined): Value {
    const { graph, dim } = this;
    const { base } = this.#layout;
    const row = onnxBase(base);
    const input = (kind: keyof Draws, words: string): Value => {
      const shape = row.draws[kind]?.(dim);
      if (shape === undefined) return graph.constant('float', [0]);
      return graph.input(kind, 'float', [BATCH, ...shape], words);
    };
    const draws = {
      normals: input('normals', 'independent draws of the standard normal'),
      uniforms: input('uniforms', 'independent draws of the uniform distribution on (0, 1)'),
    };
    return this.#inBase(context, (pass) => row.sample(pass, base, draws));
  }

  #inBase(context: Value | undefined, build: (pass: Pass) => Value): Value {
    const { graph, dim } = this;
    const pass: Pass = { graph, inverse: false, dim, ...(context && { context }) };
    return graph.scope(`base_${this.#layout.base.spec.type}`, () => build(pass));
  }

  #through(pass: Pass, rows: Value): Mapped {
    const layers = this.#layout.bijectors.map((layer, index) => ({ layer, index }));
    if (pass.inverse) layers.reverse();
    let mapped: Mapped = { rows, logDet: 0 };
    for (const { layer, index } of layers) {
      const next = throughBijector(pass, layer, index, mapped.rows);
      mapped = { rows: next.rows, logDet: sumOf(pass.graph, mapped.logDet, next.logDet) };
    }
    return mapped;
  }

  /** float32 rows from data minus the offset, or data from rows. */
  #shifted(rows: Value, sign: 1 | -1): Value {
    const { graph } = this;
    const offset = this.#offset;
    if (offset === undefined) return sign < 0 ? graph.cast(rows, 'float') : rows;
    return graph.scope('offset', () => {
      const known = graph.constant('double', offset, [offset.length], 'values');
      const wide = graph.cast(rows, 'double');
      return sign < 0 ? graph.cast(graph.subtract(wide, known), 'float') : graph.add(wide, known);
    });
  }

  /** A value [B] for each of the rows. */
  #eachRow(value: Operand, rows: Value): Value {
    const { graph } = this;
    if (typeof value !== 'number') return value;
    return graph.expand(graph.constant('float', [value]), graph.extents(rows, 1));
  }
}

/** Numbers are added before the graph exists, in float64. */
function sumOf(graph: Graph, a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === 0) return b;
  return b === 0 ? a : graph.add(a, b);
}
