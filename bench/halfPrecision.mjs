/**
 * `node bench/halfPrecision.mjs [STEPS] [PRESET…]`: the effect of storing weights and activations as f16.
 * Trains each preset on two moons at both precisions, then scores the model at both. docs/performance.md has
 * the figures.
 */
import { Flow, PRESETS, toyDensity } from '../dist/index.js';
import { openDevice } from '../dist/node.js';

const [steps = '1000', ...chosen] = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : Object.keys(PRESETS);

/** Test points of seed 1, from the command line's stream of test points. */
const points = toyDensity('moons').sample(1, 3, 0, 4000);

const device = await openDevice();
for (const name of names) {
  const { spec, training } = PRESETS[name];
  for (const precision of ['f32', 'f16']) {
    const options = { device, tuning: 'fixed', seed: 1 };
    const flow = await Flow.create(spec(2, name === 'vanilla' ? { couplings: 3 } : {}), {
      ...options,
      precision,
    });
    const losses = [];
    const before = process.cpuUsage();
    for await (const report of flow.fit(
      { toy: 'moons' },
      { steps: Number(steps), batch: 512, seed: 1, ...training },
    )) {
      losses.push(...report.losses);
    }
    const { user, system } = process.cpuUsage(before);
    const bytes = await flow.save();
    const scores = [];
    for (const each of ['f32', 'f16']) {
      const scored = await Flow.load(bytes, { ...options, precision: each });
      scores.push(await scored.logProb(points));
      scored.dispose();
    }
    flow.dispose();
    const [single, half] = scores;
    const differences = single.map((value, row) => Math.abs(value - half[row])).sort();
    console.log(
      `${name}, trained at ${precision}: NLL of the last steps ${mean(losses.slice(-100)).toFixed(4)}, ` +
        `test NLL at f32 ${(-mean(single)).toFixed(4)}, at f16 ${(-mean(half)).toFixed(4)}, ` +
        `|log p at f16 - at f32| median ${differences[differences.length >> 1].toExponential(1)}, ` +
        `largest ${differences.at(-1).toExponential(1)}; ` +
        `${((user + system) / 1000 / losses.length).toFixed(2)} ms of CPU time a step, with what is compiled`,
    );
  }
}
device.destroy();
process.exit();

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
