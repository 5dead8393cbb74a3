/** What a table adds to the graphs of a flow: cells become points of the features, and features become cells. */
import type { Part, TableCodec } from '../table/codec.ts';
import { onnxColumn } from './columns.ts';
import type { CellValues } from './columns.ts';
import { BATCH } from './flowGraphs.ts';
import type { FlowGraph } from './flowGraphs.ts';
import type { Graph, Value } from './graph.ts';
import { logSumExp } from './maths.ts';

/** The name of the extent K, the draws of each row. */
const DRAWS = 'draws';

const IN_COLUMNS =
  'a column of the table each, in the order of wgflow_columns: numbers, places of labels among the levels, NaN for blanks';
const OF_CELLS = 'K for each row and feature, so that a cell is K points of its interval';

/** log 2π / 2. */
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Columns [B, P] and draws [B, K, D] → the log-mass of each row [B], as `wgflow logprob` has it of K draws. */
export function logMassGraph(flow: FlowGraph, codec: TableCodec): void {
  const { graph, dim } = flow;
  const parts = learnedParts(codec);
  const columns = graph.input('columns', 'double', [BATCH, parts.length], IN_COLUMNS);
  const draws = (name: string, words: string): Value =>
    graph.input(name, 'float', [BATCH, DRAWS, dim], `independent draws of ${words}, ${OF_CELLS}`);
  const uniforms = draws('uniforms', 'the uniform distribution on (0, 1)');
  const normals = parts.some(hasNormalFiller) ? draws('normals', 'the standard normal') : undefined;
  const given = flow.contextInput();
  const places = graph.extents(uniforms, 2);
  const context = given && graph.scope('context', () => repeated(graph, given, places));

  const { cells, isValid } = graph.scope('cells', () => cellsOf(graph, parts, columns));
  const points = graph.scope('points', () => pointsOf(graph, cells, uniforms, normals));
  const { z, logDet } = flow.forward(graph.reshape(points, [-1, dim]), context);
  const logProb = graph.add(flow.baseLogProb(z, context), logDet);
  const mass = graph.scope('log_mass', () => {
    const volume = graph.cast(logVolume(graph, cells, normals), 'float');
    const terms = graph.add(graph.reshape(logProb, places), volume);
    const count = graph.cast(graph.columns(places, 1, 1), 'float');
    const mean = graph.subtract(logSumExp(graph, terms, 1), graph.log(count));
    return isValid === undefined ? mean : graph.where(isValid, mean, NaN);
  });
  graph.output('log_prob', mass, [BATCH], 'the log-mass or log-density of each row, in nats');
}

/** The columns [B, P] of features x [B, D], as an output of the graph. */
export function columnsOutput({ graph }: FlowGraph, codec: TableCodec, x: Value): void {
  const wide = graph.cast(x, 'double');
  const parts = learnedParts(codec);
  const columns = parts.map((part) =>
    graph.scope(`columns/${part.column.name}`, () =>
      onnxColumn(part).decode(graph, part, graph.columns(wide, part.first, part.features.length)),
    ),
  );
  graph.output('columns', graph.concat(columns), [BATCH, parts.length], IN_COLUMNS);
}

/** Facts of the columns, in order. */
export function columnFacts(codec: TableCodec): Record<string, unknown>[] {
  return learnedParts(codec).map((part) => ({ name: part.column.name, ...onnxColumn(part).facts(part) }));
}

function learnedParts({ parts }: TableCodec): Part[] {
  return parts.filter(({ features }) => features.length > 0);
}

function hasNormalFiller({ codec: { values } }: Part): boolean {
  return values.discrete.some(({ cells }) => cells.some(({ width }) => width < 0));
}

/** The cells [B, D] of columns [B, P], and whether each row [B] is one that the columns can hold. */
function cellsOf(
  graph: Graph,
  parts: readonly Part[],
  columns: Value,
): { cells: CellValues; isValid?: Value } {
  const encoded = parts.map((part, place) =>
    graph.scope(part.column.name, () =>
      onnxColumn(part).encode(graph, part, graph.columns(columns, place, 1)),
    ),
  );
  const all = encoded.flatMap(({ cells }) => cells);
  const value = graph.concat(all.map((cell) => cell.value));
  const width = graph.concat(all.map((cell) => cell.width));
  const valid = encoded.flatMap(({ isValid }) => isValid ?? []);
  const [first, ...others] = valid;
  // The library keeps widths as float32.
  const cells = { value, width: graph.cast(graph.cast(width, 'float'), 'double') };
  if (first === undefined) return { cells };
  return { cells, isValid: graph.reshape(others.reduce(graph.and, first), [-1]) };
}

/** Points [B, K, D], double: uniform in a cell of positive width, normal in one of negative width. */
function pointsOf(
  graph: Graph,
  { value, width }: CellValues,
  uniforms: Value,
  normals: Value | undefined,
): Value {
  const [start, size] = [value, width].map((one) => graph.unsqueeze(one, 1)) as [Value, Value];
  const inside = graph.multiply(size, graph.cast(uniforms, 'double'));
  if (normals === undefined) return graph.add(start, inside);
  const around = graph.negative(graph.multiply(size, graph.cast(normals, 'double')));
  return graph.add(start, graph.where(graph.isLess(size, 0), around, inside));
}

/** −log of the density with which the points [B, K] were drawn, or [B, 1] if it is the same for all. */
function logVolume(graph: Graph, { width }: CellValues, normals: Value | undefined): Value {
  const size = graph.unsqueeze(width, 1);
  const isPlain = graph.isEqual(size, 0);
  const logSize = graph.log(graph.where(isPlain, 1, graph.abs(size)));
  if (normals === undefined) return graph.sum(logSize, -1);
  const half = graph.multiply(graph.square(graph.cast(normals, 'double')), 0.5);
  const ofNormal = graph.where(graph.isLess(size, 0), graph.add(half, HALF_LOG_TWO_PI), 0);
  return graph.sum(graph.add(logSize, ofNormal), -1);
}

/** The context [B, C] of each row, K times: [B K, C]. */
function repeated(graph: Graph, context: Value, places: Value): Value {
  const width = graph.columns(graph.extents(context, 2), 1, 1);
  const each = graph.expand(graph.unsqueeze(context, 1), graph.concat([places, width]));
  return graph.reshape(each, graph.concat([graph.constant('int64', [-1]), width]));
}
