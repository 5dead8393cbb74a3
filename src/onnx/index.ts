/**
 * Trained flows as ONNX models: import from `wgflow/onnx`. docs/onnx.md says how to run them.
 * @module wgflow/onnx
 */
import type { Flow } from '../flow/flow.ts';
import { decodeModel } from '../io/modelFile.ts';
import { onnxGraphs } from './models.ts';
import type { OnnxGraphs } from './models.ts';

export { onnxGraphs } from './models.ts';
export type { OnnxGraphs } from './models.ts';

/**
 * The graphs of a flow, each the bytes of an ONNX model (opset 17, IR 8).
 *
 * @example
 * const { forward } = await exportOnnx(flow);
 * const session = await InferenceSession.create(forward);
 * @throws {LimitError} when the flow has too many parameters for a file of protobuf
 */
export async function exportOnnx(flow: Pick<Flow, 'save'>): Promise<OnnxGraphs> {
  return onnxGraphs(decodeModel(await flow.save()));
}
