/** Tables with columns of any kind: numbers, integers, categories, dates, blanks. */
import { NAMES, OBJECT, oneOf, requireOptions } from '../calls/optionRules.ts';
import type { OptionRules } from '../calls/optionRules.ts';
import { DataError, ShapeError } from '../errors.ts';
import { FORMS, plainCell } from '../table/forms.ts';
import { TableCodec } from '../table/codec.ts';
import type { TableColumn } from '../table/columns.ts';
import { COLUMN_KINDS } from '../table/infer.ts';
import type { ColumnKind } from '../table/infer.ts';
import { planTable } from '../table/plan.ts';
import { TableProfile } from '../table/profile.ts';
import type { Domain } from '../model/domain.ts';
import type { GivenFit } from '../training/options.ts';
import type { FitReport } from '../training/report.ts';
import type { Density } from './ensemble.ts';
import type { Flow } from './flow.ts';
import type { LogProbOptions, SampleOptions } from './options.ts';

/** A row: a value for each column by its name. A blank is null, undefined, NaN or ''; a date is a Date or its text. */
export type TableRow = object;

export interface TableOptions {
  /** Names of the columns to learn, in this order. Default: those of the first row. */
  columns?: readonly string[];
  /** The kinds of columns; by default they are inferred from the values. */
  types?: Readonly<Record<string, ColumnKind>>;
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

  /** The log-mass or log-density of each row in nats, under a flow or an ensemble: see `Flow.logProb`. @throws {DataError} like `fit` */
  async logProb(
    flow: Density,
    rows: readonly TableRow[],
    options: LogProbOptions = {},
  ): Promise<Float32Array> {
    const { values, widths } = this.#encode(rows);
    return flow.logProb(values, { ...options, widths });
  }

  /** Draws n rows: numbers as numbers, labels and dates as text, blanks as null. */
  async sample(
    flow: Density,
    n: number,
    options: SampleOptions = {},
  ): Promise<Record<string, number | string | null>[]> {
    const rows = this.#codec.decodeDrawn(await flow.sample(n, options));
    return rows.map((row) =>
      Object.fromEntries(this.columns.map((column, i) => [column.name, valueOf(column, row[i] ?? '')])),
    );
  }

  #encode(rows: readonly TableRow[]) {
    return this.#codec.encode(rows.map((row) => this.columns.map(({ name }) => textOf(row, name))));
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
  if (plainCell(text) === '') return null;
  if (column.type === 'category') return text;
  const number = FORMS.decimal.parse(text);
  return Number.isNaN(number) ? text : number;
}
