/** How odd a cell is, given the others of its row. */
import { numberFeature } from './columns.ts';
import type { Column } from './columns.ts';
import { chosenRows } from './conditionals.ts';
import type { ColumnGiven, Conditionals, GivenCells } from './conditionals.ts';

export interface ExplainAsked {
  draws?: number | undefined;
  tolerance: number;
  signal?: AbortSignal | undefined;
}

/** A column's cells, row by row [B]. */
export interface CellScores {
  column: Column;
  /** −log p(cell | the others) in nats: of the mass of a discrete value, or the density of a number in the data's units. */
  surprise: Float64Array;
  /** log of the probability of a value at least as unlikely. */
  logPValue: Float64Array;
  /** The share of the column's distribution below the cell; half of a discrete value counts as below it. */
  below: Float64Array;
  /** The probability of a cell that is a label, a whole number or a value that repeats; 0 of another number. */
  mass: Float64Array;
  /** The estimated error of the surprise, in nats. */
  error: Float64Array;
}

/** The scores of each row. */
export const SCORES = ['surprise', 'logPValue', 'below', 'mass', 'error'] as const;

/** Values whose log-probabilities differ by less are equally likely. */
const SLACK = 1e-6;
/** Below this share, a difference of two float32 shares is rounding. */
const LEAST_DIFFERENCE = 1e-3;

/** Cells with a smaller probability are scored again, with this many points drawn of the row's other cells. */
const ODD = Math.log(0.02);
const ODD_DRAWS = 8;

/**
 * Scores the cells of one column, given the others of their rows. Odd ones take more draws, if other cells are intervals and
 * the caller leaves their number open.
 */
export async function scoreColumn(
  conditionals: Conditionals,
  column: Column,
  rows: GivenCells,
  asked: ExplainAsked,
): Promise<CellScores> {
  const scores = await scoreOnce(conditionals, column, rows, asked);
  if (asked.draws !== undefined || rows.widths?.some((width) => width !== 0) !== true) return scores;
  const odd = Array.from(scores.logPValue.keys()).filter((row) => (scores.logPValue[row] ?? NaN) < ODD);
  if (odd.length === 0) return scores;
  const chosen = chosenRows(rows, odd, conditionals.dim);
  const again = await scoreOnce(conditionals, column, chosen, { ...asked, draws: ODD_DRAWS });
  for (const name of SCORES) odd.forEach((row, i) => (scores[name][row] = again[name][i] ?? NaN));
  return scores;
}

async function scoreOnce(
  conditionals: Conditionals,
  column: Column,
  rows: GivenCells,
  asked: ExplainAsked,
): Promise<CellScores> {
  const own = ownPlaces(column, rows, conditionals.dim);
  const count = own.length;
  // Of a whole number n, which is [n, n + 1): the middle and both ends.
  const offsets = column.values.numbers?.step === 1 ? [0.5, 0, 1] : [0];
  const width = offsets.length;
  const values = new Float64Array(count * width);
  own.forEach(({ number }, row) =>
    offsets.forEach((offset, i) => (values[row * width + i] = number + offset)),
  );
  const given = await conditionals.given(column, rows, { ...asked, points: { count: width, values } });
  const scores: CellScores = {
    column,
    surprise: new Float64Array(count),
    logPValue: new Float64Array(count),
    below: new Float64Array(count),
    mass: new Float64Array(count),
    error: Float64Array.from(given.numbers?.error ?? new Float64Array(count)),
  };
  own.forEach((place, row) => {
    const isNumber = place.part === column.values.discrete.length;
    const { log, logTail, below } = isNumber
      ? scoreOfNumber(given, row, width)
      : scoreOfPart(given, row, place);
    scores.surprise[row] = -log;
    scores.logPValue[row] = Math.min(logTail, 0);
    scores.below[row] = below;
    scores.mass[row] = isNumber && width === 1 ? 0 : Math.exp(log);
  });
  return scores;
}

export interface OwnPlace {
  /** Index of the discrete value, or the number of them for a number. */
  part: number;
  /** How much of the discrete value's interval the cell is. */
  share: number;
  /** The number, or one near the value if it is none. */
  number: number;
}

/** Where each row's cell lies among the column's values. */
export function ownPlaces(column: Column, { values, widths }: GivenCells, dim: number): OwnPlace[] {
  const { discrete, numbers } = column.values;
  const { feature } = numberFeature(column);
  return Array.from({ length: values.length / dim }, (_, row) => {
    const at = row * dim + column.first;
    const width = widths?.[at] ?? 0;
    const middle = (values[at] ?? NaN) + width / 2;
    const part = discrete.findIndex(({ cells: [cell] }) => {
      return cell !== undefined && middle >= cell.value && middle < cell.value + cell.width;
    });
    const number = values[row * dim + feature] ?? NaN;
    if (part < 0 && numbers !== undefined) return { part: discrete.length, share: 1, number };
    // Rounding may put the end of the last interval outside.
    const found = part < 0 ? discrete.length - 1 : part;
    const whole = discrete[found]?.cells[0]?.width ?? NaN;
    return { part: found, share: Math.min(width / whole, 1), number };
  });
}

interface Score {
  log: number;
  logTail: number;
  below: number;
}

function scoreOfPart({ logShares, parts }: ColumnGiven, row: number, { part, share }: OwnPlace): Score {
  const shares = logShares.subarray(row * parts, (row + 1) * parts);
  const log = (shares[part] ?? NaN) + Math.log(share);
  const own = Math.exp(log);
  let tail = own;
  let below = own / 2;
  shares.forEach((other, i) => {
    if (i !== part && other <= log + SLACK) tail += Math.exp(other);
    if (i < part) below += Math.exp(other);
  });
  return { log, logTail: Math.log(tail), below };
}

/** A number is odder than a more likely discrete value, and than more likely numbers. */
function scoreOfNumber({ logShares, parts, numbers }: ColumnGiven, row: number, points: number): Score {
  const shares = logShares.subarray(row * parts, (row + 1) * parts);
  const logShare = shares.at(-1) ?? NaN;
  const at = (results: ArrayLike<number> | undefined, point: number): number =>
    results?.[row * points + point] ?? NaN;
  let log = at(numbers?.logDensity, 0);
  if (points > 1) {
    const mass = at(numbers?.below, 2) - at(numbers?.below, 1);
    if (mass > LEAST_DIFFERENCE) log = Math.log(mass);
  }
  let others = 0;
  let below = 0;
  shares.subarray(0, -1).forEach((other) => {
    if (other <= logShare + SLACK) others += Math.exp(other);
    below += Math.exp(other);
  });
  const logWithin = logShare + at(numbers?.logTail, 0);
  return {
    log: logShare + log,
    logTail: others === 0 ? logWithin : Math.log(others + Math.exp(logWithin)),
    below: below + Math.exp(logShare) * at(numbers?.below, 0),
  };
}

/** The place of the least of these log p-values. */
export function oddestOf(logPValue: Float64Array): number {
  let least = 0;
  logPValue.forEach((logP, place) => {
    if (logP < (logPValue[least] ?? NaN) || Number.isNaN(logPValue[least])) least = place;
  });
  return least;
}
