/** The code of the ONNX test inside the page: a flow that is trained, exported and scored by ONNX Runtime there. */
import { Flow, glow } from '../../src/index.ts';
import { exportOnnx } from '../../src/onnx/index.ts';
import type * as Ort from 'onnxruntime-web';

export interface OnnxPageResult {
  logProb: number[];
  /** log_prob by the execution provider of ONNX Runtime. */
  found: Record<string, number[]>;
}

declare global {
  var runOnnxPage: (x: number[], runtime: string, providers: string[]) => Promise<OnnxPageResult>;
}

globalThis.runOnnxPage = async (x, runtime, providers) => {
  const flow = await Flow.create(glow(2, { couplings: 4, hidden: [16] }), { seed: 3 });
  for await (const _ of flow.fit({ toy: 'moons' }, { steps: 40, batch: 128 })) {
    // The steps alone matter.
  }
  const rows = Float32Array.from(x);
  const { forward } = await exportOnnx(flow);
  const ort = (await import(/* @vite-ignore */ runtime)) as typeof Ort;
  ort.env.wasm.numThreads = 1;
  const found: Record<string, number[]> = {};
  for (const provider of providers) {
    const session = await ort.InferenceSession.create(forward, { executionProviders: [provider] });
    const feeds = { x: new ort.Tensor('float32', rows, [rows.length / 2, 2]) };
    const { log_prob: logProb } = await session.run(feeds);
    found[provider] = [...((await logProb!.getData()) as Float32Array)];
    await session.release();
  }
  const result = { logProb: [...(await flow.logProb(rows))], found };
  flow.dispose();
  return result;
};
