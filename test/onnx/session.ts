/** Runs exported graphs in ONNX Runtime, compiled to WebAssembly. */
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** Numbers of an input, row-major. */
export interface Given {
  shape: readonly number[];
  values: ArrayLike<number>;
}

export type Outputs = Record<string, Float32Array | Float64Array>;

/** The outputs of a graph by name. The graph says whether its inputs are float32 or float64. */
export async function runOnnx(model: Uint8Array, inputs: Readonly<Record<string, Given>>): Promise<Outputs> {
  const session = await ort.InferenceSession.create(model);
  try {
    const isWide = (name: string): boolean =>
      session.inputMetadata.some(
        (input) => input.name === name && input.isTensor && input.type === 'float64',
      );
    const feeds = Object.entries(inputs).map(([name, { shape, values }]) => [
      name,
      isWide(name)
        ? new ort.Tensor('float64', Float64Array.from(values), shape)
        : new ort.Tensor('float32', Float32Array.from(values), shape),
    ]);
    const results = await session.run(Object.fromEntries(feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, data as Float32Array | Float64Array]),
    );
  } finally {
    await session.release();
  }
}
