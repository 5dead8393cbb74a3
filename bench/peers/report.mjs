/** Rows from results, the checks across systems, and the table. */
import { SYSTEMS } from './options.mjs';

/**
 * One row of the JSON file.
 * @param result the answer of the system's process, or `{ skipped }`, or `{ failed }`
 */
export function rowOf(config, system, result, check) {
  const { adapter = null, setup = null, skipped, repeats, stepsPerRepeat, checkLosses, losses } = result;
  const failed = result.failed ?? (repeats && lossFailure(checkLosses, losses, check));
  if (repeats === undefined)
    return { config, system, msPerStep: null, adapter, ...(skipped ? { skipped } : { failed }) };
  return {
    config,
    system,
    msPerStep: median(repeats),
    adapter,
    setup,
    spread: [Math.min(...repeats), Math.max(...repeats)],
    repeats: repeats.length,
    stepsPerRepeat,
    losses: { first: checkLosses[0], last: median(losses), check: checkLosses, timed: losses },
    ...(failed ? { failed } : {}),
  };
}

function lossFailure(losses, timedLosses, { steps, leastFall }) {
  const shown = losses.map(nats).join(', ');
  if (losses.length !== steps || !losses.every(Number.isFinite)) {
    return `the losses of the first ${steps} steps are not ${steps} finite numbers: ${shown}`;
  }
  if (losses[0] - losses.at(-1) < leastFall) {
    return `the loss of one batch did not fall by ${leastFall} nats in ${steps} steps: ${shown}`;
  }
  // With an unbounded scale, an occasional batch is far off; half of them never are.
  const later = median(timedLosses);
  if (!(later !== null && later < losses[0])) {
    return `the loss rose while timing, from ${nats(losses[0])} to ${nats(later)}`;
  }
  return undefined;
}

/**
 * Marks each row whose first losses differ from the others'. All systems start from the same weights on the
 * same batch, so the same training step gives the same losses. The reference is the median of all.
 */
export function markDisagreement(rows, { steps, agreement }) {
  const measured = rows.filter(({ losses, failed }) => losses !== undefined && failed === undefined);
  for (let step = 0; step < steps; step++) {
    const middle = median(measured.map(({ losses }) => losses.check[step]));
    for (const row of measured) {
      const found = row.losses.check[step];
      if (row.failed === undefined && Math.abs(found - middle) > agreement * (1 + Math.abs(middle))) {
        row.failed = `took another step than the others: loss ${nats(found)} at step ${step + 1}, expected ${nats(middle)}`;
      }
    }
  }
}

/** The table of times and ratios, as text. */
export function table(rows) {
  const lines = rows.map((row) => {
    const own = rows.find(({ config, system }) => config === row.config && system === 'wgflow');
    const { title } = SYSTEMS[row.system];
    if (row.msPerStep === null) {
      return [row.config, title, row.skipped ? 'skipped' : 'failed', '', '', '', ''];
    }
    const { spread, losses, failed } = row;
    return [
      row.config,
      title,
      ms(row.msPerStep),
      `${ms(spread[0])} – ${ms(spread[1])}`,
      own?.msPerStep ? `${(row.msPerStep / own.msPerStep).toPrecision(3)}×` : '',
      `${nats(losses.first)} → ${nats(losses.last)}`,
      failed ? 'FAILED' : '',
    ];
  });
  const head = [
    'config',
    'system',
    'ms a step',
    'min – max',
    'wgflow is faster by',
    'loss, first → timed',
    '',
  ];
  const cells = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  const numeric = (column) => column >= 2;
  return cells
    .map((line) =>
      line
        .map((cell, column) =>
          numeric(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .flatMap((line, index) =>
      index > 0 && lines[index - 1][0] !== lines[index - 2]?.[0] ? ['', line] : [line],
    )
    .join('\n');
}

function ms(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** JSON has no NaN: a loss that was not finite became null. */
function nats(loss) {
  return loss === null ? 'not finite' : loss.toFixed(4);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
