/** The rows of a table as a model reads them. */
import type { Rows } from '../calls/callerArrays.ts';
import type { TextRows } from '../data/readTable.ts';
import { formulaLabels } from '../data/formula.ts';
import { drawCells } from '../data/cells.ts';
import type { Model } from '../io/modelFile.ts';
import { domainsOf, pixelWidths } from '../spec/offset.ts';
import type { FlowSpec } from '../spec/spec.ts';
import type { TableCodec } from '../table/codec.ts';
import { insideDomains } from './domains.ts';
import { columnNames, rowsByName } from './modelInput.ts';
import type { Session } from './session.ts';
import { joinedValues, tableTexts } from './tableInput.ts';
import type { TableForm } from './tableOptions.ts';

export interface ModelRows {
  /** [rows, D] */
  values: Rows;
  /** The widths of the values, if the model's columns are no plain numbers. */
  widths?: Float32Array;
  rows: number;
  /** The lines of the rows, and the context cells of each. */
  text: TextRows;
  /** The cells of the columns that go along, if `form` asks for some. */
  kept?: TextRows;
}

/**
 * Streams the rows of a table in the model's columns.
 * @param codec of the model, if its columns are no plain numbers
 * @param context names of the columns to read as text
 * @throws {DataError} naming file, line and column of a cell that the model cannot read
 */
export async function* modelRows(
  file: string,
  model: Model,
  codec: TableCodec | undefined,
  context: readonly string[],
  form: TableForm,
): AsyncGenerator<ModelRows> {
  const { spec } = model;
  if (codec === undefined) {
    const rows = rowsByName(file, columnNames(model), context, formFor(spec, form));
    for await (const chunk of insideDomains(rows, file, () => domainsOf(spec))) {
      const widths = pixelWidths(spec, chunk.values);
      yield { ...chunk, ...(widths && { widths }) };
    }
    return;
  }
  const width = codec.columns.length;
  for await (const { cells, lines, kept } of tableTexts(file, codec, context, form)) {
    const { values, widths } = codec.encode(cells, { file, lines });
    const text = { cells: cells.map((row) => row.slice(width)), lines };
    yield { values, widths, rows: cells.length, text, ...(kept && { kept }) };
  }
}

/** How a model reads images, if it is one of them: in its own shape. */
export function formFor({ image }: FlowSpec, form: TableForm): TableForm {
  return { ...form, images: { ...form.images, shape: image } };
}

/** All rows as one array. Rows of cells are taken at one point, the same in each call. */
export async function allModelRows(
  chunks: AsyncIterable<ModelRows>,
  dim: number,
  signal: AbortSignal,
): Promise<Omit<ModelRows, 'widths'>> {
  const parts: Rows[] = [];
  const text: TextRows = { cells: [], lines: [] };
  let rows = 0;
  for await (const { values, widths, ...chunk } of chunks) {
    signal.throwIfAborted();
    parts.push(widths ? drawCells({ values, widths }, dim, { seed: 0, firstRow: rows }).values : values);
    text.cells = text.cells.concat(chunk.text.cells);
    text.lines = text.lines.concat(chunk.text.lines);
    rows += chunk.rows;
  }
  return { values: joinedValues(parts, Float64Array), rows, text };
}

/** Prints which labels of the model a spreadsheet would run. */
export function tellFormulas(session: Session, { training }: Model): void {
  const columns = [...(training?.table ?? []), ...(training?.context ?? [])];
  for (const message of formulaLabels(columns)) session.notice({ kind: 'warning', message });
}

/** Prints which cells no training row had. */
export function tellNews(session: Session, codec: TableCodec | undefined): void {
  for (const line of codec?.news() ?? []) session.notice({ kind: 'warning', message: line });
}
