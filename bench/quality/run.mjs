/** `npm run quality`: compares presets at default settings with the exact entropies of toy densities. */
import { readFileSync, writeFileSync } from 'node:fs';
import { buildLibrary } from '../peers/prepare.mjs';
import { HELP, readOptions, UsageError } from './options.mjs';
import { summariesOf, table } from './table.mjs';

const BOUNDS = JSON.parse(readFileSync(new URL('bounds.json', import.meta.url), 'utf8'));

const BATCH = 512;
/** Fresh points, unseen in training; in two dimensions, the standard error of their mean is about 0.003 nats. */
const TEST_POINTS = 131_072;
/** The random stream of the command line's test points. */
const TEST_STREAM = 3;

try {
  process.exitCode = await quality(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`quality: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function quality(argv) {
  if (argv.some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  buildLibrary();
  if (argv[0] === '--tables') return (await import('./tables.mjs')).tables(argv.slice(1));
  const library = await import('../../dist/index.js');
  const { openDevice } = await import('../../dist/node.js');
  const { PRESETS, TOY_NAMES } = library;
  const known = { presets: Object.keys(PRESETS), datasets: TOY_NAMES };
  const { pairs, seeds, steps, adapter, json } = readOptions(argv, known, BOUNDS);
  const device = await openDevice({ adapter });
  const { description, vendor } = library.describeDevice(device);
  const rows = [];
  try {
    for (const [preset, dataset] of pairs) {
      for (const seed of seeds) {
        const row = await trained(library, device, { preset, dataset, seed, steps });
        rows.push(row);
        process.stderr.write(`${preset} ${dataset}, seed ${seed}: ${wordsOf(row)}\n`);
        if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
      }
    }
  } finally {
    device.destroy();
  }
  const summaries = summariesOf(rows, BOUNDS);
  process.stdout.write(`${table(summaries)}\n`);
  process.stdout.write(`${steps} steps of ${BATCH} rows, nats; adapter: ${description || vendor}\n`);
  return summaries.some(({ missed }) => missed) || rows.some(({ testNll }) => testNll === null) ? 1 : 0;
}

/** A row of the JSON file; after a failed run, testNll is null and `failed` has the reason. */
async function trained({ Flow, PRESETS, toyDensity }, device, { preset, dataset, seed, steps }) {
  const toy = toyDensity(dataset);
  const row = { preset, dataset, seed, testNll: null, floor: toy.entropy };
  const { spec, training } = PRESETS[preset];
  const flow = await Flow.create(spec(toy.dim), { device, seed });
  try {
    for await (const _ of flow.fit({ toy: dataset }, { steps, batch: BATCH, ...training, seed }));
    const logProb = await flow.logProb(toy.sample(seed, TEST_STREAM, 0, TEST_POINTS));
    const testNll = -logProb.reduce((sum, value) => sum + value, 0) / TEST_POINTS;
    if (Number.isFinite(testNll)) return { ...row, testNll };
    return { ...row, failed: `the test NLL is ${testNll}` };
  } catch (error) {
    return { ...row, failed: error.message };
  } finally {
    flow.dispose();
  }
}

function wordsOf({ testNll, floor, failed }) {
  return failed ?? `test NLL ${testNll.toFixed(4)}, ${(testNll - floor).toFixed(4)} above the exact entropy`;
}
