/** The distribution of each column given the others, row by row: exact, by quadrature on the GPU. */
import type { Rows } from '../calls/callerArrays.ts';
import { numbered } from '../calls/rows.ts';
import { drawCells } from '../data/cells.ts';
import type { Chunk, RowJob } from '../gpu/rows.ts';
import type { TrainingRecord } from '../io/modelFile.ts';
import {
  cellsConditionalPlan,
  CONDITIONAL,
  conditionalRowsOf,
  nodesAtOnce,
  numberConditionalPlan,
  summaryLength,
} from '../passes/conditional.ts';
import type { Effort } from '../passes/conditional.ts';
import { SUMMARY } from '../kernels/conditional/conditional_summary.ts';
import type { Plan } from '../plan/plan.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { FlowModel } from '../spec/layout.ts';
import { domainsOf, offsetOf } from '../spec/offset.ts';
import type { Cell } from '../table/intervals.ts';
import { columnsOf, numberFeature } from './columns.ts';
import type { Column } from './columns.ts';
import { logDerivativeOf, placeOf, Proposal, valueOf } from './proposal.ts';
import type { Axis, Guess } from './proposal.ts';

/** Rows of a flow, which may have cells that are intervals. */
export interface GivenCells {
  /** [B, D] */
  values: Rows;
  /** [B, D]; without them all cells are numbers. */
  widths?: Float32Array;
  /** [B, C], if the flow has a context. */
  context?: Float32Array;
  /** Index of the first row: the draws of row i depend only on it + i. Default 0. */
  firstRow?: number;
}

export interface Asked {
  /** Values of the column, [B, count], whose density and share are wanted. */
  points?: { count: number; values: Float64Array };
  /** Shares of the numbers' mass, [B, count], whose quantiles are wanted. */
  levels?: { count: number; values: Float32Array };
  /** Points drawn of cells that are intervals. Default: one of the others; of a column's own, more if it has few values. */
  draws?: number | undefined;
  /** The estimated error, in nats, above which a row gets more nodes. */
  tolerance: number;
  signal?: AbortSignal | undefined;
}

/** The numbers of a column in each row. */
export interface NumbersGiven {
  /** The estimated error of the log of their mass. */
  error: Float32Array;
  mean: Float64Array;
  /**
   * Of each point, [B, count]: log-density among the numbers in the data's units, share of the numbers below, and the log
   * of the share that is at most as dense on the column's axis.
   */
  logDensity: Float64Array;
  below: Float32Array;
  logTail: Float32Array;
  /** [B, count] in the data's units. */
  quantiles: Float64Array;
}

/** The distribution of a column given the others. */
export interface ColumnGiven {
  /** Of each discrete value, then of all numbers if the column has some: log-probabilities [B, parts]. */
  logShares: Float64Array;
  parts: number;
  numbers?: NumbersGiven;
}

/** The conditionals of a flow, with the columns of its record. */
export function conditionalsOf(
  model: FlowModel,
  runner: ConditionalRunner,
  record: TrainingRecord | undefined,
  draw: DrawSamples,
): Conditionals {
  const names = record?.columns ?? numbered('x', model.spec.dim);
  return new Conditionals(model, runner, columnsOf(names, record?.table), draw);
}

/** Runs plans that take many evaluations of each row, with the kernels chosen for log-densities. */
export interface ConditionalRunner {
  conditional: (job: ConditionalJob) => Promise<void>;
}

export interface ConditionalJob extends Omit<RowJob, 'planOf'> {
  planOf: (chunk: Chunk, variants: KernelVariants) => Plan;
}

export type DrawSamples = (
  count: number,
  options: { seed?: number; context?: Float32Array | undefined; signal?: AbortSignal | undefined },
) => Promise<Rows>;

/** Samples of the regression. */
const PROPOSAL_SAMPLES = 4096;

/** A discrete value's interval gets several points if there are fewer values, at most MAX_CELL_DRAWS. */
const CELL_EVALUATIONS = 24;
const MAX_CELL_DRAWS = 8;

const EFFORTS: readonly Effort[] = ['quick', 'fine', 'full'];

export class Conditionals {
  readonly columns: readonly Column[];
  /** Number of features D. */
  readonly dim: number;
  readonly #model: FlowModel;
  readonly #runner: ConditionalRunner;
  readonly #draw: DrawSamples;
  #proposal: Promise<Proposal> | undefined;
  readonly #guesses = new Map<Column, Guess>();

  /** @param draw samples of the flow, which say where to look for a conditional */
  constructor(model: FlowModel, runner: ConditionalRunner, columns: readonly Column[], draw: DrawSamples) {
    this.#model = model;
    this.dim = model.spec.dim;
    this.#runner = runner;
    this.columns = columns;
    this.#draw = draw;
  }

  /** The regression on samples given the contexts of the rows of the first call. */
  #proposalFor({ context }: Pick<GivenCells, 'context'>, signal: AbortSignal | undefined): Promise<Proposal> {
    this.#proposal ??= this.#regression(context, signal);
    this.#proposal.catch(() => (this.#proposal = undefined));
    return this.#proposal;
  }

  async #regression(context: Float32Array | undefined, signal: AbortSignal | undefined): Promise<Proposal> {
    const { spec } = this.#model;
    const { dim, contextDim } = spec;
    const given =
      context &&
      Float32Array.from(
        { length: PROPOSAL_SAMPLES * contextDim },
        (_, i) => context[i % context.length] ?? NaN,
      );
    const samples = await this.#draw(PROPOSAL_SAMPLES, { context: given, signal });
    const domains = domainsOf(spec) ?? Array.from({ length: dim }, () => 'real' as const);
    return new Proposal(samples, domains, offsetOf(spec), given);
  }

  /** The distribution of a column in each row, given the others; the column's own cells say only where to look first. */
  async given(column: Column, rows: GivenCells, asked: Asked): Promise<ColumnGiven> {
    const { dim } = this.#model.spec;
    const count = rows.values.length / dim;
    const { discrete, numbers } = column.values;
    const draws = this.#drawsFor(column, rows, asked.draws);
    const parts = discrete.length + (numbers === undefined ? 0 : 1);
    const logMasses = new Float64Array(count * parts);
    const put = (part: number, masses: ArrayLike<number>, step = 1, volume = 0): void => {
      for (let row = 0; row < count; row++) {
        logMasses[row * parts + part] = (masses[row * step + (step > 1 ? part : 0)] ?? NaN) + volume;
      }
    };
    if (numbers === undefined) {
      const masses = await this.#cells(column, drawnRows(rows, column, dim, draws.discrete), asked);
      discrete.forEach((_, part) => put(part, masses, parts));
      return { logShares: shares(logMasses, parts), parts };
    }
    const drawn = drawnRows(rows, column, dim, draws.numbers);
    // Where the cell is another value, the number may be anything.
    const { points: _, levels: __, ...only } = asked;
    for (const [part, { cells }] of discrete.entries()) {
      const [companion] = cells;
      const { logTotal } = await this.#numbers(column, drawn, only, companion);
      put(part, logTotal, 1, Math.log(companion?.width ?? NaN));
    }
    const found = await this.#numbers(column, drawn, asked, numbers.companion);
    put(parts - 1, found.logTotal, 1, Math.log(numbers.companion?.width ?? 1));
    return { logShares: shares(logMasses, parts), parts, numbers: found };
  }

  /** Points drawn of each row's other cells; and of a discrete value's own interval. */
  #drawsFor(
    { first, features, values: of }: Column,
    { widths }: GivenCells,
    wanted: number | undefined,
  ): { numbers: number; discrete: number } {
    const { dim } = this.#model.spec;
    const isOther = (i: number): boolean => i % dim < first || i % dim >= first + features;
    const hasCells = widths !== undefined && widths.some((width, i) => width !== 0 && isOther(i));
    const own =
      wanted ?? Math.min(Math.max(Math.round(CELL_EVALUATIONS / of.discrete.length), 1), MAX_CELL_DRAWS);
    return { numbers: hasCells || features > 1 ? (wanted ?? 1) : 1, discrete: own };
  }

  async #cells(column: Column, drawn: DrawnRows, { signal }: Asked): Promise<Float32Array> {
    const { discrete } = column.values;
    const { count, draws } = drawn;
    const cells = discrete.length;
    const masses = new Float32Array(count * cells);
    const { placed, logWeight } = placedCells(discrete, draws);
    await this.#runner.conditional({
      kind: `cells of ${cells}, ${draws} draws`,
      rows: count,
      chunkRows: conditionalRowsOf(this.#model, cells * draws),
      planOf: (chunk, variants) =>
        cellsConditionalPlan(
          this.#model,
          { count: chunk.count, draws, cells, feature: column.first },
          variants,
        ),
      inputs: [
        ...this.#inputs(drawn),
        { buffer: CONDITIONAL.placed, features: placed.length, rows: placed, shared: true },
        { buffer: CONDITIONAL.logWeight, features: logWeight.length, rows: logWeight, shared: true },
      ],
      outputs: [{ buffer: CONDITIONAL.masses, features: cells, rows: masses }],
      signal,
    });
    return masses;
  }

  /** With more nodes for rows whose error is too large. */
  async #numbers(
    column: Column,
    drawn: DrawnRows,
    asked: Asked,
    companion: Cell | undefined,
  ): Promise<NumbersGiven & { logTotal: Float64Array }> {
    const { count } = drawn;
    const proposal = await this.#proposalFor(drawn, asked.signal);
    const { points = { count: 1 }, levels = { count: 0 } } = asked;
    const length = summaryLength({ points: points.count, levels: levels.count });
    const summary = new Float32Array(count * length);
    let open = Array.from({ length: count }, (_, row) => row);
    for (const effort of EFFORTS) {
      const found = await this.#summary(proposal, column, drawn, open, effort, asked, companion);
      open.forEach((row, i) => summary.set(found.subarray(i * length, (i + 1) * length), row * length));
      // Also where it is not a number.
      open = open.filter((row) => !((summary[row * length + 1] ?? NaN) <= asked.tolerance));
      if (open.length === 0) break;
    }
    const axis = axisOf(proposal, column);
    const at = (place: number): Float64Array =>
      Float64Array.from({ length: count }, (_, row) => summary[row * length + place] ?? NaN);
    const each = (of: { count: number }, first: number, step: number) =>
      Float64Array.from({ length: count * of.count }, (_, i) => {
        const row = Math.floor(i / of.count);
        return summary[row * length + first + step * (i % of.count)] ?? NaN;
      });
    const logTotal = at(0);
    const logDensity = each(points, SUMMARY.row, SUMMARY.point);
    asked.points?.values.forEach((value, i) => {
      const total = logTotal[Math.floor(i / points.count)] ?? NaN;
      logDensity[i] = (logDensity[i] ?? NaN) - total + logDerivativeOf(axis, value);
    });
    return {
      logTotal,
      error: Float32Array.from(at(1)),
      mean: at(2).map((mean) => mean + axis.offset),
      logDensity,
      below: Float32Array.from(each(points, SUMMARY.row + 1, SUMMARY.point)),
      logTail: Float32Array.from(each(points, SUMMARY.row + 2, SUMMARY.point)),
      quantiles: each(levels, SUMMARY.row + SUMMARY.point * points.count, 1).map((y) => valueOf(axis, y)),
    };
  }

  /** [rows, summaryLength] of these rows. */
  async #summary(
    proposal: Proposal,
    column: Column,
    all: DrawnRows,
    chosen: readonly number[],
    effort: Effort,
    { points, levels, signal }: Asked,
    companion: Cell | undefined,
  ): Promise<Float32Array> {
    const { spec } = this.#model;
    const drawn = chosen.length === all.count ? all : chosenDraws(all, chosen, spec);
    const { draws, count } = drawn;
    const axis = axisOf(proposal, column);
    const place = numberFeature(column);
    const guess = this.#guessOf(proposal, column);
    const rowOf = (row: number): Rows =>
      drawn.points.subarray(row * draws * spec.dim, (row * draws + 1) * spec.dim);
    const centre = Float32Array.from({ length: count }, (_, row) =>
      proposal.centreOf(guess, rowOf(row), contextOf(drawn, row, spec.contextDim)),
    );
    const asking = { points: points?.count ?? 1, levels: levels?.count ?? 0 };
    const places =
      points === undefined
        ? centre
        : Float32Array.from({ length: count * points.count }, (_, i) => {
            const row = chosen[Math.floor(i / points.count)] ?? NaN;
            return placeOf(axis, points.values[row * points.count + (i % points.count)] ?? NaN);
          });
    const shares =
      levels === undefined || levels.count === 0
        ? new Float32Array(count)
        : rowsOf(levels.values, levels.count, chosen);
    const length = summaryLength(asking);
    const summary = new Float32Array(count * length);
    const placed = strata(companion ?? { value: 0, width: 0 }, draws);
    const { domain, scale } = axis;
    await this.#runner.conditional({
      kind: `${effort} conditional, ${JSON.stringify([asking, draws])}`,
      rows: count,
      chunkRows: conditionalRowsOf(this.#model, nodesAtOnce(effort) * draws),
      planOf: (chunk, variants) =>
        numberConditionalPlan(
          this.#model,
          {
            count: chunk.count,
            draws,
            ...place,
            domain,
            scale,
            effort,
            spread: guess.spread,
            quantiles: guess.quantiles,
            ...asking,
          },
          variants,
        ),
      inputs: [
        ...this.#inputs(drawn),
        { buffer: CONDITIONAL.placed, features: draws, rows: placed, shared: true },
        { buffer: CONDITIONAL.centre, features: 1, rows: centre },
        { buffer: CONDITIONAL.points, features: asking.points, rows: places },
        { buffer: CONDITIONAL.levels, features: Math.max(1, asking.levels), rows: shares },
      ],
      outputs: [{ buffer: CONDITIONAL.summary, features: length, rows: summary }],
      signal,
    });
    return summary;
  }

  #inputs({ points, logVolume, draws, context }: DrawnRows) {
    const { dim, contextDim } = this.#model.spec;
    return [
      { buffer: CONDITIONAL.rows, features: draws * dim, rows: points, isData: true },
      { buffer: CONDITIONAL.drawWeight, features: draws, rows: logVolume },
      ...(context === undefined
        ? []
        : [{ buffer: CONDITIONAL.context, features: contextDim, rows: context }]),
    ];
  }

  #guessOf(proposal: Proposal, column: Column): Guess {
    const known = this.#guesses.get(column);
    if (known !== undefined) return known;
    const { feature, companion } = numberFeature(column);
    const guess = proposal.guess(feature, companion);
    this.#guesses.set(column, guess);
    return guess;
  }
}

/** The map between a column's numbers and places on all numbers. */
function axisOf({ axes }: Proposal, column: Column): Axis {
  const axis = axes[numberFeature(column).feature];
  if (axis === undefined) throw new RangeError(`column ${column.name} has no feature`);
  return axis;
}

/** Rows with points drawn of their cells. */
interface DrawnRows {
  count: number;
  draws: number;
  /** [count, draws, D] */
  points: Rows;
  /** −log of the density with which each was drawn, [count, draws]. */
  logVolume: Float64Array;
  context: Float32Array | undefined;
}

/** Rows with draws of the cells outside the column. */
function drawnRows(
  { values, widths, context, firstRow = 0 }: GivenCells,
  { first, features }: Column,
  dim: number,
  draws: number,
): DrawnRows {
  const count = values.length / dim;
  const isOwn = (i: number): boolean => i % dim >= first && i % dim < first + features;
  const others = Float32Array.from(values, (_, i) => (isOwn(i) ? 0 : (widths?.[i] ?? 0)));
  const { values: points, logVolume } = drawCells({ values, widths: others }, dim, {
    seed: 0,
    draws,
    firstRow,
  });
  return { count, draws, points, logVolume, context };
}

function chosenDraws(
  { draws, points, logVolume, context }: DrawnRows,
  chosen: readonly number[],
  { dim, contextDim }: { dim: number; contextDim: number },
): DrawnRows {
  return {
    count: chosen.length,
    draws,
    points: rowsOf(points, draws * dim, chosen),
    logVolume: rowsOf(logVolume, draws, chosen),
    context: context && rowsOf(context, contextDim, chosen),
  };
}

/** These rows. Without intervals they have no widths, so that one draw is enough. */
export function chosenRows(
  { values, widths, context, firstRow }: GivenCells,
  chosen: readonly number[],
  dim: number,
): GivenCells {
  const some = widths && rowsOf(widths, dim, chosen);
  return {
    values: rowsOf(values, dim, chosen),
    ...(some?.some((width) => width !== 0) && { widths: some }),
    ...(context && { context: rowsOf(context, (context.length * dim) / values.length, chosen) }),
    ...(firstRow !== undefined && { firstRow }),
  };
}

function contextOf({ context }: DrawnRows, row: number, contextDim: number): Float32Array {
  return context?.subarray(row * contextDim, (row + 1) * contextDim) ?? new Float32Array();
}

/** These rows of `rows` [*, width]. */
export function rowsOf<Of extends Rows>(rows: Of, width: number, chosen: readonly number[]): Of {
  const Made = rows.constructor as new (length: number) => Of;
  const found = new Made(chosen.length * width);
  chosen.forEach((row, i) => found.set(rows.subarray(row * width, (row + 1) * width), i * width));
  return found;
}

/** The middles of equal parts of a cell. */
function strata({ value, width }: Cell, draws: number): Float32Array {
  return Float32Array.from({ length: draws }, (_, k) => value + (width * (k + 0.5)) / draws);
}

/** The middles of equal parts of each discrete value's interval, [values, draws], and the log of its width. */
function placedCells(
  discrete: Column['values']['discrete'],
  draws: number,
): { placed: Float32Array; logWeight: Float32Array } {
  const cells = discrete.map(({ cells: [cell = { value: NaN, width: NaN }] }) => cell);
  return {
    placed: Float32Array.from(cells.flatMap((cell) => [...strata(cell, draws)])),
    logWeight: Float32Array.from(cells.flatMap(({ width }) => Array<number>(draws).fill(Math.log(width)))),
  };
}

/** Log-masses [B, parts], each row divided by its sum. */
function shares(logMasses: Float64Array, parts: number): Float64Array {
  for (let first = 0; first < logMasses.length; first += parts) {
    const row = logMasses.subarray(first, first + parts);
    const most = Math.max(...row);
    const total = most + Math.log(row.reduce((sum, mass) => sum + Math.exp(mass - most), 0));
    row.forEach((mass, i) => (row[i] = mass - total));
  }
  return logMasses;
}
