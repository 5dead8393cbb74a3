/** The ONNX models of a flow. */
import type { Model } from '../io/modelFile.ts';
import { contextNames } from '../model/context.ts';
import { TableCodec } from '../table/codec.ts';
import { plainTable } from '../table/plainTable.ts';
import { domainsOf } from '../spec/offset.ts';
import { inOrder } from '../random.ts';
import { VERSION as version } from '../version.ts';
import { BATCH, FlowGraph } from './flowGraphs.ts';
import { columnFacts, columnsOutput, logMassGraph } from './tableGraphs.ts';

/** Each graph as the bytes of an ONNX model. */
export interface OnnxGraphs {
  /** x [B, D] → z [B, D], log_prob [B], log_det [B]. */
  forward: Uint8Array;
  /** z [B, D] → x [B, D], log_det [B]. */
  inverse: Uint8Array;
  /** Draws of the base → x [B, D], log_prob [B], z [B, D]; for a table also columns [B, P]. */
  sample: Uint8Array;
  /** Of a table: columns [B, P] and draws [B, K, D] → log_prob [B], the log-mass of each row. */
  logprob?: Uint8Array;
}

/** @throws {LimitError} when the model has too many parameters for a file of protobuf */
export function onnxGraphs(model: Model): OnnxGraphs {
  const { table } = model.training ?? {};
  const codec = table && new TableCodec(table);
  const metadata = metadataOf(model, codec);
  const of = (name: string, words: string, build: (flow: FlowGraph) => void): Uint8Array => {
    const flow = new FlowGraph(model);
    build(flow);
    return flow.graph.encode({ name, words, metadata, producer: { name: 'wgflow', version } });
  };
  return {
    forward: of('forward', 'x to the latent z, and log p(x) in nats', forwardGraph),
    inverse: of('inverse', 'The latent z to x', inverseGraph),
    sample: of('sample', 'x from draws of the base, and log p(x) in nats', (flow) =>
      sampleGraph(flow, codec),
    ),
    ...(codec && {
      logprob: of('logprob', 'The log-mass of rows of a table, in nats', (flow) => logMassGraph(flow, codec)),
    }),
  };
}

const LOG_PROB = 'log p(x) in nats, in the units of x';
const LOG_DET = 'the log-determinant of the Jacobian of this map, in nats';

function forwardGraph(flow: FlowGraph): void {
  const { graph, dim, dataElement } = flow;
  const x = graph.input('x', dataElement, [BATCH, dim], 'rows of data, one feature a column');
  const context = flow.contextInput();
  const { z, logDet } = flow.forward(x, context);
  const logProb = graph.add(flow.baseLogProb(z, context), logDet);
  graph.output('z', z, [BATCH, dim], 'the latent rows');
  graph.output('log_prob', logProb, [BATCH], LOG_PROB);
  graph.output('log_det', logDet, [BATCH], LOG_DET);
}

function inverseGraph(flow: FlowGraph): void {
  const { graph, dim } = flow;
  const z = graph.input('z', 'float', [BATCH, dim], 'latent rows');
  const { x, logDet } = flow.inverse(z, flow.contextInput());
  graph.output('x', x, [BATCH, dim], 'rows of data');
  graph.output('log_det', logDet, [BATCH], LOG_DET);
}

function sampleGraph(flow: FlowGraph, codec: TableCodec | undefined): void {
  const { graph, dim } = flow;
  const context = flow.contextInput();
  const z = flow.baseSample(context);
  const { x, logDet } = flow.inverse(z, context);
  graph.output('x', x, [BATCH, dim], 'rows of data');
  graph.output('log_prob', graph.subtract(flow.baseLogProb(z, context), logDet), [BATCH], LOG_PROB);
  graph.output('z', z, [BATCH, dim], 'the latent rows');
  if (codec !== undefined) columnsOutput(flow, codec, x);
}

/** The spec and the training record as in the model file, and what the inputs and outputs mean. */
function metadataOf({ spec, training }: Model, codec: TableCodec | undefined): Record<string, string> {
  const { columns = inOrder(spec.dim).map((j) => `x${j + 1}`), context } = training ?? {};
  const known = {
    wgflow: spec,
    wgflow_training: training,
    wgflow_columns: columnFacts(codec ?? plainTable(columns, domainsOf(spec))),
    wgflow_features: codec?.features.map(({ name }) => name) ?? columns,
    wgflow_context: context && { columns: context, features: contextNames(context) },
  };
  const given = Object.entries(known).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([key, value]) => [key, JSON.stringify(value)]));
}
