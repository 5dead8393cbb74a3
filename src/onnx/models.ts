/** The ONNX models of a flow. */
import type { Model } from '../io/modelFile.ts';
import { VERSION as version } from '../version.ts';
import { BATCH, FlowGraph } from './flowGraphs.ts';

/** Each graph as the bytes of an ONNX model. */
export interface OnnxGraphs {
  /** x [B, D] → z [B, D], log_prob [B], log_det [B]. */
  forward: Uint8Array;
  /** z [B, D] → x [B, D], log_det [B]. */
  inverse: Uint8Array;
  /** Draws → x [B, D], log_prob [B], z [B, D]. */
  sample: Uint8Array;
}

/** @throws {LimitError} when the model has too many parameters for a file of protobuf */
export function onnxGraphs(model: Model): OnnxGraphs {
  const metadata = metadataOf(model);
  const of = (name: string, words: string, build: (flow: FlowGraph) => void): Uint8Array => {
    const flow = new FlowGraph(model);
    build(flow);
    return flow.graph.encode({ name, words, metadata, producer: { name: 'wgflow', version } });
  };
  return {
    forward: of('forward', 'x to the latent z, and log p(x) in nats', forwardGraph),
    inverse: of('inverse', 'The latent z to x', inverseGraph),
    sample: of('sample', 'x from draws of the base, and log p(x) in nats', sampleGraph),
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

function sampleGraph(flow: FlowGraph): void {
  const { graph, dim } = flow;
  const context = flow.contextInput();
  const z = flow.baseSample(context);
  const { x, logDet } = flow.inverse(z, context);
  graph.output('x', x, [BATCH, dim], 'rows of data');
  graph.output('log_prob', graph.subtract(flow.baseLogProb(z, context), logDet), [BATCH], LOG_PROB);
  graph.output('z', z, [BATCH, dim], 'the latent rows');
}

function metadataOf({ spec, training }: Model): Record<string, string> {
  return {
    wgflow: JSON.stringify(spec),
    ...(training && { wgflow_training: JSON.stringify(training) }),
  };
}
