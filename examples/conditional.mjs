/** Draws penguins of each species from one conditional flow: `node examples/conditional.mjs [STEPS]`. */
import { encodeContext, Flow, realnvp } from 'wgflow';
import { openDevice } from 'wgflow/node';
import { readPenguins } from './penguins.mjs';

const COLUMNS = ['bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g'];
const steps = Number(process.argv[2] ?? 600);
const penguins = (await readPenguins()).filter((row) => COLUMNS.every((name) => row[name] !== ''));
const data = penguins.map((row) => COLUMNS.map((name) => Number(row[name]))); // [N, 4]
const levels = [...new Set(penguins.map(({ species }) => species))];
const species = { name: 'species', levels };
const context = encodeContext(
  [species],
  penguins.map((row) => [row.species]),
); // [N, 3], one-hot

const device = await openDevice();
const spec = realnvp(COLUMNS.length, { contextDim: levels.length, couplings: 4, hidden: [32] });
const flow = await Flow.create(spec, { device, seed: 1, tuning: 'fixed' });
const options = {
  context,
  contextColumns: [species],
  columns: COLUMNS,
  steps,
  reportEvery: 100,
  batch: 128,
  learningRate: 3e-3,
};
for await (const { step, nll } of flow.fit(data, options))
  console.error(`step ${step}: ${nll.toFixed(2)} nats`);

console.log(`species,rows,${COLUMNS.join(',')}`);
for (const level of levels) {
  const drawn = await flow.sample(1000, { seed: 7, context: encodeContext([species], [[level]]) }); // [1000, 4]
  const own = data.filter((_, i) => penguins[i].species === level);
  console.log([`${level} of the table`, own.length, ...means(own.flat())].join(','));
  console.log([`${level} drawn`, 1000, ...means([...drawn])].join(','));
}
flow.dispose();
device.destroy();

/** The mean of each column of rows [n, 4]. */
function means(values) {
  const count = values.length / COLUMNS.length;
  return COLUMNS.map((_, j) =>
    (
      values.filter((__, i) => i % COLUMNS.length === j).reduce((sum, value) => sum + value, 0) / count
    ).toFixed(1),
  );
}
