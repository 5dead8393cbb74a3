/** Functions that ONNX lacks, or that its runtimes compute too coarsely. */
import type { Graph, Operand, Value } from './graph.ts';

/** The largest number of float32. */
export const MAX_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** log(1 + e) for e ≥ 0, with the digits of a small e: 2 artanh(e / (2 + e)). */
export function log1p(graph: Graph, e: Value): Value {
  const f = graph.divide(e, graph.add(e, 2));
  const f2 = graph.square(f);
  const series = [1 / 7, 1 / 5, 1 / 3, 1].reduce<Operand>(
    (sum, coefficient) => graph.add(graph.multiply(f2, sum), coefficient),
    1 / 9,
  );
  const small = graph.multiply(graph.multiply(f, 2), series);
  return graph.where(graph.isLess(e, 0.25), small, graph.log(graph.add(e, 1)));
}

/** log(1 + exp(a)). */
export function softplus(graph: Graph, a: Value): Value {
  return graph.add(graph.max(a, 0), log1p(graph, expOfMinusAbs(graph, a)));
}

/** 1 / (1 + exp(−a)), also where it is very small. */
export function sigmoid(graph: Graph, a: Value): Value {
  const e = expOfMinusAbs(graph, a);
  return graph.divide(graph.where(graph.isAtLeast(a, 0), 1, e), graph.add(e, 1));
}

/** exp(a) − 1 for a ≥ 0: tanh(a / 2) (exp(a) + 1). */
export function expm1(graph: Graph, a: Value): Value {
  const tanh = graph.node('Tanh', [graph.multiply(a, 0.5)]);
  return graph.multiply(tanh, graph.add(graph.exp(a), 1));
}

/** log(1 − exp(−x)) for x > 0; below 1 it is log x + log((1 − exp(−x)) / x), which has a series. */
export function logOneMinusExp(graph: Graph, x: Value): Value {
  const x2 = graph.square(x);
  const series = [-1 / 2880, 1 / 24].reduce<Operand>(
    (sum, coefficient) => graph.add(graph.multiply(x2, sum), coefficient),
    1 / 181440,
  );
  const low = graph.add(graph.subtract(graph.log(x), graph.multiply(x, 0.5)), graph.multiply(x2, series));
  const high = graph.log(graph.subtract(1, graph.exp(graph.negative(x))));
  return graph.where(graph.isLess(x, 1), low, high);
}

/** cos(2π t): the nearest quarter turn is exact, and the rest is at most an eighth of a turn. */
export function cosOfTurns(graph: Graph, turns: Value): Value {
  const quarters = graph.multiply(turns, 4);
  const nearest = graph.node('Round', [quarters]);
  const angle = graph.multiply(graph.subtract(quarters, nearest), Math.PI / 2);
  const ofQuarter = (values: number[]): Value => graph.lookUp(graph.constant('float', values), nearest);
  return graph.subtract(
    graph.multiply(graph.node('Cos', [angle]), ofQuarter([1, 0, -1, 0, 1])),
    graph.multiply(graph.node('Sin', [angle]), ofQuarter([0, 1, 0, -1, 0])),
  );
}

/** log Σ exp over an axis, which goes. −∞ if all terms are. */
export function logSumExp(graph: Graph, terms: Value, axis: number): Value {
  const most = graph.max(graph.largest(terms, axis), -MAX_FLOAT);
  const sum = graph.sum(graph.exp(graph.subtract(terms, most)), axis, true);
  const log = graph.add(most, graph.log(sum));
  return graph.node('Squeeze', [log, graph.constant('int64', [axis])]);
}

function expOfMinusAbs(graph: Graph, a: Value): Value {
  return graph.exp(graph.negative(graph.abs(a)));
}
