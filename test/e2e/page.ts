/** The browser test's code inside the page: the library as a visitor's bundle contains it. */
import { describeDevice, Flow, PRESETS, realnvp } from '../../src/index.ts';
import type { FlowSpec } from '../../src/index.ts';

export interface PageResult {
  adapter: string;
  spec: FlowSpec;
  parameters: Record<string, number[]>;
  losses: number[];
  z: number[];
  logProb: number[];
  samples: number[];
  saved: number;
}

declare global {
  var runWgflow: (x: number[]) => Promise<PageResult>;
}

/** For code of the documentation. */
Object.assign(globalThis, { Flow, PRESETS });

globalThis.runWgflow = async (x) => {
  const flow = await Flow.create(realnvp(2, { couplings: 4, hidden: [16] }), { seed: 3 });
  const losses: number[] = [];
  for await (const report of flow.fit({ toy: 'moons' }, { steps: 60, batch: 128, learningRate: 5e-3 })) {
    losses.push(...report.losses);
  }
  const rows = Float32Array.from(x);
  const { description, device } = describeDevice(flow.device);
  const tensors = Object.entries(await flow.parameters());
  const result: PageResult = {
    adapter: description || device,
    spec: flow.spec,
    parameters: Object.fromEntries(tensors.map(([name, values]) => [name, [...values]])),
    losses,
    z: [...(await flow.forward(rows)).z],
    logProb: [...(await flow.logProb(rows))],
    samples: [...(await flow.sample(20, { seed: 1 }))],
    saved: (await flow.save()).length,
  };
  flow.dispose();
  return result;
};
