/** Finds the odd rows of a real table, and the cell that makes each one odd: `node examples/odd-rows.mjs [STEPS]`. */
import { Flow, PRESETS } from 'wgflow';
import { openDevice } from 'wgflow/node';
import { Table } from 'wgflow/table';
import { readPenguins } from './penguins.mjs';

const steps = Number(process.argv[2] ?? 400);
const rows = await readPenguins();
const table = Table.infer(rows);
for (const words of [...table.words, ...table.warnings]) console.error(words);

const device = await openDevice();
// A small flow, as `wgflow train` takes it for a table of this size.
const size = { couplings: 4, hidden: [16] };
const flow = await Flow.create(PRESETS.glow, { ...table.shape, ...size, device, seed: 1, tuning: 'fixed' });
for await (const { step, nll } of table.fit(flow, rows, { steps, reportEvery: 100 })) {
  console.error(`step ${step}: ${nll.toFixed(2)} nats`);
}

// The odd cell of a row is the one with the smallest p-value, given the others of its row.
const explained = await table.explain(flow, rows);
const odd = explained.map(({ cells }, index) => {
  const [column, { pValue }] = Object.entries(cells).reduce((a, b) => (b[1].pValue < a[1].pValue ? b : a));
  return { line: index + 2, column, found: rows[index][column] || '(blank)', pValue };
});
odd.sort((a, b) => a.pValue - b.pValue);
console.log('line,column,found,p');
for (const { line, column, found, pValue } of odd.slice(0, 5)) {
  console.log(`${line},${column},${found},${pValue.toPrecision(2)}`);
}
flow.dispose();
device.destroy();
