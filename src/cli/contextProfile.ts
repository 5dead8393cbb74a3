/** What a pass over a table finds in its context columns, in bounded memory. */
import { EvenSample } from '../data/evenSample.ts';
import { isGrouped, NUMBER } from '../data/numberText.ts';
import type { TextRows } from '../data/readTable.ts';
import { columnStatistics } from '../data/statistics.ts';
import { DataError } from '../errors.ts';
import type { ContextColumn } from '../model/context.ts';
import { MAX_CONTEXT } from '../model/limits.ts';
import { FORM_NAMES, formOf, plainCell } from '../table/forms.ts';
import type { FormName } from '../table/forms.ts';

/** Different labels that are counted; a context has far fewer. */
const MAX_LABELS = 100_000;
/** Numbers of a column that are kept for its mean and spread. */
const MAX_NUMBERS = 2 ** 20;
/** A table of fewer labels may have as many labels as rows. */
const MANY_LABELS = 10;
const MIN_LABEL_ROWS = 3;

interface CellPlace {
  cell: string;
  line: number;
}

interface ProfiledColumn {
  name: string;
  /** Whether its first cell is a number. */
  isNumber: boolean;
  first: string;
  /** The first blank, and the first cell of the other kind. */
  blank?: CellPlace;
  other?: CellPlace;
  /** The rows of each label; only the first MAX_LABELS. */
  labels: Map<string, number>;
  hasMore: boolean;
  /** The forms other than the decimal one that all cells have. */
  forms: FormName[];
  numbers: EvenSample<number>;
  min: number;
  max: number;
}

/** The context columns of a file, from its rows one by one. */
export class ContextProfile {
  readonly #file: string;
  readonly #columns: ProfiledColumn[];
  #rows = 0;

  constructor(file: string, names: readonly string[]) {
    this.#file = file;
    this.#columns = names.map((name) => ({
      name,
      isNumber: false,
      first: '',
      labels: new Map(),
      hasMore: false,
      forms: FORM_NAMES.filter((form) => form !== 'decimal'),
      numbers: new EvenSample(MAX_NUMBERS),
      min: Infinity,
      max: -Infinity,
    }));
  }

  /** @param cells of the context columns, further ones are ignored */
  add(cells: readonly string[], line: number): void {
    this.#columns.forEach((column, index) => {
      addCell(column, (cells[index] ?? '').normalize('NFC'), line, this.#rows === 0);
    });
    this.#rows++;
  }

  /**
   * The kind of each column. It has numbers if its first cell is one; otherwise labels, with levels in
   * alphabetical order.
   * @throws {DataError} if a column mixes both or has only one level or value, or all columns have too many levels
   */
  columns(): ContextColumn[] {
    const columns = this.#columns.map((column) => this.#kindOf(column));
    const levels = columns.reduce((sum, column) => sum + ('levels' in column ? column.levels.length : 0), 0);
    if (levels <= MAX_CONTEXT) return columns;
    throw new DataError(
      `found ${levels} levels in the context columns ${columns.map(({ name }) => name).join(', ')}, expected at most ${MAX_CONTEXT}`,
      { file: this.#file },
      'Merge rare labels, or leave the column out.',
    );
  }

  /** What the user should know of the labels: those with few rows. */
  rareLabels(columns: readonly ContextColumn[]): string[] {
    return this.#columns.flatMap(({ name, labels }, index) => {
      const column = columns[index];
      if (column === undefined || !('levels' in column)) return [];
      const rare = [...labels]
        .filter(([, count]) => count < MIN_LABEL_ROWS)
        .map(([label]) => JSON.stringify(label));
      if (rare.length === 0) return [];
      const shown = rare.slice(0, 5).join(', ');
      const more = rare.length > 5 ? ', …' : '';
      return [
        `${name}: fewer than ${MIN_LABEL_ROWS} rows have the ${rare.length === 1 ? 'label' : 'labels'} ${shown}${more}; samples given ${rare.length === 1 ? 'it' : 'them'} show little of the data.`,
      ];
    });
  }

  #kindOf(column: ProfiledColumn): ContextColumn {
    const { name, blank, other, isNumber } = column;
    const file = this.#file;
    if (blank !== undefined) {
      throw new DataError(
        `found ${blank.cell === '' ? 'a blank cell' : JSON.stringify(blank.cell)}, expected a value to condition on`,
        { file, row: blank.line, column: name },
        'Fill it in or remove the row.',
      );
    }
    if (other !== undefined) {
      throw new DataError(
        `found ${JSON.stringify(other.cell)}, expected ${isNumber ? 'a number' : 'a label'} as in the rows before`,
        { file, row: other.line, column: name },
        'A context column has either numbers only, or labels that are not numbers.',
      );
    }
    return isNumber ? this.#numberColumn(column) : this.#labelColumn(column);
  }

  #numberColumn({ name, numbers, min, max }: ProfiledColumn): ContextColumn {
    try {
      const { mean, std } = columnStatistics(Float64Array.from(numbers.items), 1, [name]);
      return { name, mean: mean[0] ?? NaN, std: std[0] ?? NaN, min, max };
    } catch (error) {
      throw error instanceof DataError ? error.inFile(this.#file) : error;
    }
  }

  #labelColumn({ name, labels, hasMore, first, forms }: ProfiledColumn): ContextColumn {
    const file = this.#file;
    // Numbers in another form than a decimal one; as labels, each would be another.
    if (forms.length > 0 || isGrouped(first)) {
      throw new DataError(
        `found ${JSON.stringify(first)}, expected a label or a decimal number`,
        { file, column: name },
        'Write per cents, dates and thousands as plain decimal numbers to condition on them.',
      );
    }
    if (hasMore || (labels.size > MANY_LABELS && labels.size > this.#rows / 2)) {
      throw new DataError(
        `found ${hasMore ? 'more than ' : ''}${labels.size} labels in ${this.#rows} rows, expected far fewer labels than rows`,
        { file, column: name },
        'Leave the column out of --context, or write its numbers as plain decimals.',
      );
    }
    const levels = [...labels.keys()].sort((a, b) => (a < b ? -1 : 1));
    if (levels.length > 1) return { name, levels };
    throw new DataError(
      `found the one label ${JSON.stringify(levels[0])} in every row, expected labels that differ`,
      { file, column: name },
      'Leave the column out of --context.',
    );
  }
}

/** The profile of context columns whose rows are in memory; of no rows by default. */
export function contextProfileOf(
  file: string,
  names: readonly string[],
  { cells, lines }: TextRows = { cells: [], lines: [] },
): ContextProfile {
  const profile = new ContextProfile(file, names);
  cells.forEach((row, index) => profile.add(row, lines[index] ?? 0));
  return profile;
}

function addCell(column: ProfiledColumn, cell: string, line: number, isFirst: boolean): void {
  const isNumber = NUMBER.test(cell);
  if (isFirst) Object.assign(column, { isNumber, first: cell });
  if (plainCell(cell) === '') column.blank ??= { cell, line };
  if (isNumber !== column.isNumber) column.other ??= { cell, line };
  if (isNumber) {
    const value = Number(cell);
    column.numbers.add(value);
    column.min = Math.min(column.min, value);
    column.max = Math.max(column.max, value);
    return;
  }
  const { labels } = column;
  const known = labels.get(cell);
  if (known !== undefined || labels.size < MAX_LABELS) labels.set(cell, (known ?? 0) + 1);
  else column.hasMore = true;
  column.forms = column.forms.filter((form) => !Number.isNaN(formOf(form).parse(cell)));
}
