/** Summarises the rows: one line for each preset and dataset. */
import CliTable from 'cli-table3';

/**
 * @param rows `{ preset, dataset, seed, testNll, floor }`, testNll null if a run failed
 * @returns one summary for each preset and dataset, in the order of the rows
 */
export function summariesOf(rows, bounds) {
  const keys = [...new Set(rows.map(keyOf))];
  return keys.map((key) => {
    const own = rows.filter((row) => keyOf(row) === key);
    const [{ preset, dataset, floor }] = own;
    const gaps = own.map(({ testNll }) => (testNll === null ? NaN : testNll - floor));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const bound = bounds[preset]?.[dataset];
    // NaN is a miss, so the comparison is negated.
    return { preset, dataset, floor, gaps, mean, bound, missed: bound !== undefined && !(mean <= bound) };
  });
}

/** The table, as text. */
export function table(summaries) {
  const drawn = new CliTable({
    head: ['preset', 'dataset', 'floor', 'above it, by seed', 'mean', 'bound', ''],
    style: { head: [], border: [] },
  });
  for (const { preset, dataset, floor, gaps, mean, bound, missed } of summaries) {
    drawn.push([
      preset,
      dataset,
      floor.toFixed(4),
      gaps.map(nats).join('  '),
      nats(mean),
      bound ?? '',
      bound === undefined ? '' : missed ? 'MISSED' : 'within',
    ]);
  }
  return drawn.toString();
}

const keyOf = ({ preset, dataset }) => `${preset} ${dataset}`;

function nats(gap) {
  return Number.isNaN(gap) ? 'failed' : gap.toFixed(4);
}
