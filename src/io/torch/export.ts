/** A model for PyTorch: its file, and the Python code that reads it. */
import { decodeModel, encodeModel } from '../modelFile.ts';
import flowCode from './flow.py?raw';
import tableCode from './table.py?raw';

/**
 * The files of a folder for PyTorch, by name: `model.safetensors`; `flow.py` with the class `Flow`, which needs torch
 * alone; and for a model of a table or with named contexts `table.py` with the class `Table`. A checkpoint becomes the
 * model that it holds.
 * @param bytes a model file, such as `await flow.save()`
 * @throws {ModelFileError} when the bytes are no model file
 */
export function pytorchFiles(bytes: Uint8Array, fileName?: string): Map<string, Uint8Array> {
  const { spec, parameters, training } = decodeModel(bytes, fileName);
  const code = {
    'flow.py': flowCode,
    ...((training?.table ?? training?.context) && { 'table.py': tableCode }),
  };
  return new Map([
    ['model.safetensors', encodeModel({ spec, parameters, training })],
    ...Object.entries(code).map(([name, text]) => [name, new TextEncoder().encode(text)] as const),
  ]);
}
