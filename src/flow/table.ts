/** Tables with columns of any kind: numbers, integers, categories, dates, blanks. */
import { NAMES, OBJECT, oneOf, requireOptions } from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { explain, impute, predict, QUANTILES, sampleGiven } from './questions.ts';
import type { AskOptions, ImputeOptions, PredictOptions, SampleGivenOptions } from './questions.ts';
import { predictedCells } from '../conditionals/predicted.ts';
import type { PredictedCell } from '../conditionals/predicted.ts';
import { DataError, ShapeError } from '../errors.ts';
import { FORMS } from '../table/forms.ts';
import { TableCodec } from '../table/codec.ts';
import type { TableColumn } from '../table/columns.ts';
import { isBlank, knownRow, withDetermined, withStandIns } from '../table/known.ts';
import { COLUMN_KINDS } from '../table/infer.ts';
import type { ColumnKind } from '../table/infer.ts';
import { planTable } from '../table/plan.ts';
import { TableProfile } from '../table/profile.ts';
import type { Rows } from '../calls/callerArrays.ts';
import type { Domain } from '../model/domain.ts';
import type { GivenFit } from '../training/options.ts';
import type { FitReport } from '../training/report.ts';
import type { Density } from './ensemble.ts';
import type { Flow } from './flow.ts';
import type { LogProbOptions, SampleOptions } from './options.ts';

/** A row: a value for each column by its name. A blank is null, undefined, NaN or ''; a date is a Date or its text. */
export type TableRow = object;

/** Options of `Table.infer`. */
export interface TableOptions {
  /** Names of the columns to learn, in this order. Default: those of the first row. */
  columns?: readonly string[];
  /** The kinds of columns; by default they are inferred from the values. */
  types?: Readonly<Record<string, ColumnKind>>;
}

/** A row of samples: numbers as numbers, labels and dates as text, blanks as null. */
export type SampledRow = Record<string, number | string | null>;

/** Rows that share cells, and as many independent rows as would say as much. */
export interface SampledGiven {
  /** The rows drawn. */
  rows: SampledRow[];
  /** As many independent rows would say as much about the distribution. */
  effectiveSize: number;
}

/** How odd a row is, and each of its cells given the others. */
export interface ExplainedRow {
  /** The log-mass or log-density of the row, in nats. */
  logProb: number;
  /** By column: −log p(cell | the others) in nats, and the probability of a value at least as unlikely. */
  cells: Record<string, { surprise: number; pValue: number }>;
}

const TABLE_RULES: OptionRules<keyof TableOptions> = {
  columns: NAMES,
  types: {
    expected: `an object of ${COLUMN_KINDS.join(', ')} by column`,
    accepts: (value) =>
      OBJECT.accepts(value) && Object.values(value as object).every(oneOf(COLUMN_KINDS).accepts),
  },
};

/**
 * The columns of a table, and how a flow learns them. Categories, integers and blanks are intervals of continuous
 * features, so `logProb` of a row with such cells is a log-mass for them, and samples have valid values.
 *
 * @example
 * const table = Table.infer(rows);
 * const flow = await Flow.create(PRESETS.realnvp, { ...table.shape, seed: 1 });
 * for await (const report of table.fit(flow, rows)) console.log(report.nll);
 * const scores = await table.logProb(flow, rows);
 * const drawn = await table.sample(flow, 1000);
 */
export class Table {
  readonly #codec: TableCodec;
  /** A line for each column: what it is, or why it is left out. */
  readonly words: readonly string[];
  /** What the user should know, such as nearly equal columns. */
  readonly warnings: readonly string[];

  private constructor(codec: TableCodec, words: readonly string[], warnings: readonly string[]) {
    this.#codec = codec;
    this.words = words;
    this.warnings = warnings;
  }

  /**
   * Infers the columns from rows.
   * @throws {ShapeError | DataError} when there are no rows, or a value does not fit its column's kind
   */
  static infer(rows: readonly TableRow[], options: TableOptions = {}): Table {
    requireOptions('Table.infer', options, TABLE_RULES);
    const { columns, types = {} } = options;
    const [first] = rows;
    if (first === undefined) throw new ShapeError('rows', 'none', 'at least one row');
    const names = columns ?? Object.keys(first);
    const profile = new TableProfile(names);
    rows.forEach((row, index) =>
      profile.add(
        names.map((name) => textOf(row, name)),
        index + 1,
      ),
    );
    const { codec, words, warnings } = planTable('rows', profile, {
      asked: new Map(Object.entries(types)),
      isChosen: columns !== undefined,
    });
    return new Table(codec, words, warnings);
  }

  /** The table that a flow has learned. @throws {ShapeError} when the flow has learned plain numbers */
  static of(flow: Flow): Table {
    const columns = flow.training?.table;
    if (columns !== undefined) return new Table(new TableCodec(columns), [], []);
    throw new ShapeError(
      'flow',
      'a flow of plain numbers',
      'one that learned a table, by table.fit or "wgflow train"',
    );
  }

  /** The columns as the model file keeps them. */
  get columns(): readonly TableColumn[] {
    return this.#codec.columns;
  }

  /** The options of `Flow.create` that the table decides. */
  get shape(): { dim: number; domain: Domain[] } {
    return { dim: this.#codec.dim, domain: this.#codec.features.map(({ domain }) => domain) };
  }

  /**
   * Trains the flow on the rows: see `Flow.fit`.
   * @throws {DataError} naming row and column of a value that its column cannot hold
   */
  fit(
    flow: Flow,
    rows: readonly TableRow[],
    options: GivenFit = {},
  ): AsyncGenerator<FitReport, void, undefined> {
    const { values, widths } = this.#encode(rows);
    const columns = this.#codec.features.map(({ name }) => name);
    return flow.fit(values, { ...options, widths, columns, table: this.columns });
  }

  /**
   * The log-mass or log-density of each row in nats [rows], under a flow or an ensemble: see `Flow.logProb`.
   * @throws {DataError} like `fit`
   */
  async logProb(
    flow: Density,
    rows: readonly TableRow[],
    options: LogProbOptions = {},
  ): Promise<Float32Array> {
    const { values, widths } = this.#encode(rows);
    return flow.logProb(values, { ...options, widths });
  }

  /**
   * Draws n rows: see `Flow.sample`.
   * @throws {ShapeError} when n or an option is out of range
   */
  async sample(flow: Density, n: number, options: SampleOptions = {}): Promise<SampledRow[]> {
    return this.#rows(await flow.sample(n, options));
  }

  /**
   * Draws n rows that have known cells, such as `{ city: 'Rome', age: 31 }`: Gibbs sweeps draw the other cells given them.
   * @throws {ShapeError} naming a given column that is not learned, or a value that its column cannot have
   */
  async sampleGiven(
    flow: Flow,
    n: number,
    given: TableRow,
    options: Omit<SampleGivenOptions, 'row' | 'known' | 'widths'> = {},
  ): Promise<SampledGiven> {
    await this.#requireLearned(flow);
    const texts = new Map(Object.keys(given).map((name) => [name, textOf(given, name)]));
    const { values: row, widths, known } = knownRow(this.#codec, texts, 'given');
    const { values, effectiveSize } = await sampleGiven(flow, n, { ...options, row, widths, known });
    return { rows: this.#rows(values), effectiveSize };
  }

  /**
   * How odd each row is, and each of its cells given the others. A column that is not learned has no cells.
   * @throws {DataError} naming row and column of a value that its column cannot hold, such as a blank where training saw none
   */
  async explain(
    flow: Flow,
    rows: readonly TableRow[],
    options: Omit<AskOptions, 'widths'> = {},
  ): Promise<ExplainedRow[]> {
    await this.#requireLearned(flow);
    const { values, widths } = this.#encode(rows);
    const { context, firstRow = 0, signal } = options;
    const logProb = await flow.logProb(values, { widths, context, firstRow, signal });
    const { columns, surprise, logPValue } = await explain(flow, values, { ...options, widths });
    return rows.map((_, row) => {
      const cells = columns.map((name, place) => {
        const at = row * columns.length + place;
        return [name, { surprise: surprise[at] ?? NaN, pValue: Math.exp(logPValue[at] ?? NaN) }];
      });
      return { logProb: logProb[row] ?? NaN, cells: Object.fromEntries(cells) };
    });
  }

  /**
   * The distribution of one column in each row, given the others: mean and quantiles of numbers, probabilities of labels
   * and of values that repeat. Rows need not have the column.
   * @throws {ShapeError} when the flow has not learned the column
   * @throws {DataError} naming row and column of another value that its column cannot hold
   */
  async predict(
    flow: Flow,
    rows: readonly TableRow[],
    options: Omit<PredictOptions, 'widths'>,
  ): Promise<PredictedCell[]> {
    await this.#requireLearned(flow);
    const { column, quantiles = QUANTILES } = options;
    const filled = withStandIns(this.#codec, this.#texts(rows), (_, name) => name === column);
    const { values, widths } = this.#codec.encode(filled.rows);
    const prediction = await predict(flow, values, { ...options, widths });
    const part = this.#codec.parts.find((one) => one.column.name === column);
    return part === undefined ? [] : predictedCells(part, prediction, quantiles.length);
  }

  /**
   * The rows with their blanks filled by draws from their distribution given the known cells; the `copies` of a row follow
   * each other. Other values stay as they are.
   * @throws {DataError} naming row and column of a value that its column cannot hold
   */
  async impute<Row extends TableRow>(
    flow: Flow,
    rows: readonly Row[],
    options: Omit<ImputeOptions, 'widths' | 'unknown'> = {},
  ): Promise<Row[]> {
    await this.#requireLearned(flow);
    const codec = this.#codec;
    const { copies = 1 } = options;
    const texts = this.#texts(rows);
    const filled = withStandIns(codec, withDetermined(codec, texts), isBlank);
    const { values, widths } = codec.encode(filled.rows);
    const drawn = await impute(flow, values, { ...options, widths, unknown: filled.unknown });
    return codec.decodeDrawn(drawn.values).map((row, i) => {
      const from = Math.floor(i / copies);
      const blanks = this.columns.flatMap((column, place) =>
        isBlank(texts[from]?.[place] ?? '') ? [[column.name, valueOf(column, row[place] ?? '')]] : [],
      );
      return { ...rows[from], ...Object.fromEntries(blanks) } as Row;
    });
  }

  #rows(values: Rows): SampledRow[] {
    return this.#codec
      .decodeDrawn(values)
      .map((row) =>
        Object.fromEntries(this.columns.map((column, i) => [column.name, valueOf(column, row[i] ?? '')])),
      );
  }

  /** @throws {ShapeError} when the flow's columns are not those of the table */
  async #requireLearned(flow: Flow): Promise<void> {
    const names = (await flow.conditionals()).columns.map(({ name }) => name);
    const { learned } = this.#codec;
    if (names.join() === learned.join() && flow.training?.table !== undefined) return;
    const advice = 'Train it by table.fit, or take Table.of(flow).';
    throw new ShapeError(
      'flow',
      `a flow of ${names.join(', ')}`,
      `one that learned ${learned.join(', ')}`,
      advice,
    );
  }

  #texts(rows: readonly TableRow[]): string[][] {
    return rows.map((row) => this.columns.map(({ name }) => textOf(row, name)));
  }

  #encode(rows: readonly TableRow[]) {
    return this.#codec.encode(this.#texts(rows));
  }
}

function textOf(row: TableRow, name: string): string {
  const value = (row as Readonly<Record<string, unknown>>)[name];
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  throw new DataError(`found ${Object.prototype.toString.call(value)}, expected a number, a text or a date`);
}

function valueOf(column: TableColumn, text: string): number | string | null {
  if (isBlank(text)) return null;
  if (column.type === 'category') return text;
  const number = FORMS.decimal.parse(text);
  return Number.isNaN(number) ? text : number;
}
