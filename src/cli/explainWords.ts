/** What `wgflow explain` says in words: the oddest cells with what was to be expected, and how exact the numbers are. */
import { predict, QUANTILES } from '../flow/questions.ts';
import type { Explanation } from '../flow/questions.ts';
import { oddestOf } from '../conditionals/explain.ts';
import { expectedText, predictedCells } from '../conditionals/predicted.ts';
import type { PredictedCell } from '../conditionals/predicted.ts';
import type { Flow } from '../flow/flow.ts';
import type { TableCodec } from '../table/codec.ts';
import type { AskedRows } from './askedRows.ts';
import { Oddest } from './oddest.ts';
import type { Session } from './session.ts';
import { tableText } from './table.ts';

/** Rows that the words name. */
const SHOWN = 5;

/** An estimated error above this is reported, in nats. */
const TOLD_ERROR = 1e-3;

/** The log p-value below which the words name further cells of a row. */
const ALSO_ODD = Math.log(1e-3);

/** Chance alone gives at most this many cells that are called odd. */
const BY_CHANCE = 0.1;

interface OddCell {
  line: number;
  logP: number;
  column: string;
  text: string;
  /** Other columns whose cells are unlikely. */
  others: string[];
  predict: (flow: Flow) => Promise<PredictedCell | undefined>;
}

export class ExplainWords {
  readonly #session: Session;
  readonly #codec: TableCodec;
  readonly #oddest = new Oddest<OddCell>(SHOWN);
  /** Cells by −log10 of their p-value, rounded down; the last entry has all beyond. */
  readonly #decades = new Float64Array(40);
  #cells = 0;
  #inexact = 0;
  #largestError = 0;

  constructor(session: Session, codec: TableCodec) {
    this.#session = session;
    this.#codec = codec;
  }

  add(part: AskedRows, { columns, logPValue, error }: Explanation): void {
    const width = columns.length;
    const odd = part.lines.map((line, row): OddCell => {
      const own = logPValue.subarray(row * width, (row + 1) * width);
      const place = oddestOf(own);
      const column = columns[place] ?? '';
      return {
        line,
        logP: own[place] ?? NaN,
        column,
        others: columns.filter((_, j) => j !== place && (own[j] ?? 0) < ALSO_ODD),
        text: part.texts[row]?.[this.#codec.columns.findIndex(({ name }) => name === column)] ?? '',
        predict: (flow) => this.#expected(flow, part, row, column),
      };
    });
    this.#oddest.add(odd);
    for (const logP of logPValue) {
      const decade = Math.min(Math.floor(-logP / Math.LN10), this.#decades.length - 1);
      if (decade >= 0) this.#decades[decade] = (this.#decades[decade] ?? 0) + 1;
    }
    this.#cells += error.length;
    for (const nats of error) {
      if (nats <= TOLD_ERROR) continue;
      this.#inexact++;
      this.#largestError = Math.max(this.#largestError, nats);
    }
  }

  /** Prints the summary; asks the flow for the distributions of the oddest cells. */
  async tell(flow: Flow): Promise<void> {
    const session = this.#session;
    const rows: string[][] = [];
    for (const cell of this.#oddest.take()) {
      const predicted = await cell.predict(flow);
      const expected = predicted === undefined ? '' : expectedText(predicted);
      const { line, column, text } = cell;
      const p = Math.exp(cell.logP);
      const also = cell.others.join(', ');
      rows.push([String(line), column, text === '' ? '(blank)' : text, expected, p.toPrecision(2), also]);
      session.emit({ event: 'odd', line, column, found: text, expected, p, also: cell.others });
    }
    if (rows.length === 0) return;
    session.say(rows.length === 1 ? 'The oddest row:' : `The ${rows.length} oddest rows:`);
    const head = ['line', 'oddest cell', 'found', 'expected (5 % to 95 %)', 'p', 'also odd'];
    const width = rows.some((row) => row.at(-1) !== '') ? head.length : head.length - 1;
    session.say(
      tableText(
        rows.map((row) => row.slice(0, width)),
        head.slice(0, width),
      ),
    );
    this.#tellCount();
    this.#tellErrors();
  }

  #tellCount(): void {
    const cells = this.#cells;
    const decade = Math.max(1, Math.ceil(Math.log10(cells / BY_CHANCE)));
    const found = this.#decades.subarray(decade).reduce((sum, count) => sum + count, 0);
    const chance = (cells * 10 ** -decade).toPrecision(1);
    this.#session.say(
      `${found.toLocaleString('en')} of ${cells.toLocaleString('en')} cells have p below 1e-${decade}; ` +
        `chance alone gives about ${chance}.`,
    );
    this.#session.emit({ event: 'cells', cells, below: 10 ** -decade, odd: found });
  }

  #tellErrors(): void {
    if (this.#inexact === 0) return;
    const message =
      `${this.#inexact.toLocaleString('en')} of ${this.#cells.toLocaleString('en')} cells have an estimated error above ` +
      `${TOLD_ERROR} nats, the largest ${this.#largestError.toPrecision(2)}.`;
    this.#session.notice({ kind: 'note', message });
  }

  /** The distribution of one cell of a part. */
  async #expected(
    flow: Flow,
    { values, options: { widths, context, ...options }, firstRow, rows }: AskedRows,
    row: number,
    column: string,
  ): Promise<PredictedCell | undefined> {
    const { dim } = flow;
    const isShared = context !== undefined && context.length < rows * flow.spec.contextDim;
    const found = await predict(flow, values.slice(row * dim, (row + 1) * dim), {
      ...options,
      firstRow: firstRow + row,
      ...(widths && { widths: widths.slice(row * dim, (row + 1) * dim) }),
      context: isShared
        ? context
        : context?.slice(row * flow.spec.contextDim, (row + 1) * flow.spec.contextDim),
      column,
    });
    const part = this.#codec.parts.find((one) => one.column.name === column);
    return part && predictedCells(part, found, QUANTILES.length)[0];
  }
}
