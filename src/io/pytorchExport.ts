/** A model for PyTorch: its file, and the Python that reads it. */
import { decodeModel, encodeModel } from './modelFile.ts';
import flowCode from './torch/flow.py?raw';

/**
 * The files of a folder that PyTorch loads, by name: `model.safetensors`, and `flow.py` with the class `Flow`, which
 * needs torch alone. A checkpoint becomes the model that it holds.
 * @param bytes a model file, such as `await flow.save()`
 * @throws {ModelFileError} when the bytes are no model file
 */
export function pytorchFiles(bytes: Uint8Array, fileName?: string): Map<string, Uint8Array> {
  const { spec, parameters, training } = decodeModel(bytes, fileName);
  return new Map([
    ['model.safetensors', encodeModel({ spec, parameters, training })],
    ['flow.py', new TextEncoder().encode(flowCode)],
  ]);
}
