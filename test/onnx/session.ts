/** Runs exported graphs in ONNX Runtime, compiled to WebAssembly. */
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** Numbers of an input with the shape that the graph expects. */
export interface Given {
  element: 'float32' | 'float64';
  shape: readonly number[];
  values: ArrayLike<number>;
}

/** The outputs of a graph by name. */
export async function runOnnx(
  model: Uint8Array,
  inputs: Readonly<Record<string, Given>>,
): Promise<Record<string, Float32Array | Float64Array>> {
  const session = await ort.InferenceSession.create(model);
  try {
    const feeds = Object.entries(inputs).map(([name, { element, shape, values }]) => [
      name,
      element === 'float64'
        ? new ort.Tensor(element, Float64Array.from(values), shape)
        : new ort.Tensor(element, Float32Array.from(values), shape),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, data as Float32Array | Float64Array]),
    );
  } finally {
    await session.release();
  }
}
