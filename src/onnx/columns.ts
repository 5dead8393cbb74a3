/**
 * The columns of a table on the graph. A number is itself, a date the number of its form, a label its place among the
 * levels, and a blank NaN. Values are double [B, 1].
 */
import { isFromZero } from '../table/number.ts';
import type { Part } from '../table/codec.ts';
import type { TableColumn } from '../table/columns.ts';
import type { DiscreteValue } from '../table/column.ts';
import { FIRST_DAY, formOf, LAST_DAY } from '../table/forms.ts';
import type { FormName } from '../table/forms.ts';
import type { Cell } from '../table/intervals.ts';
import type { Domain } from '../model/domain.ts';
import type { Graph, Operand, Value } from './graph.ts';

/** The cell of a feature: a value and its width, as `Cells` in src/data/cells.ts says. */
export interface CellValues {
  value: Value;
  width: Value;
}

interface Encoded {
  /** One for each feature of the column. */
  cells: CellValues[];
  /** Whether the column can hold the value. */
  isValid?: Value;
}

type ColumnOf<Type extends TableColumn['type']> = Extract<TableColumn, { type: Type }>;

/** A column with its codec and features. */
type PartOf<Column extends TableColumn> = Omit<Part, 'column'> & { column: Column };

interface OnnxColumn<Column extends TableColumn> {
  /** What the column holds, for programs that read the metadata. */
  facts(part: PartOf<Column>): Record<string, unknown>;
  encode(graph: Graph, part: PartOf<Column>, value: Value): Encoded;
  /** @param features [B, the column's features], double */
  decode(graph: Graph, part: PartOf<Column>, features: Value): Value;
}

/** What the numbers of a form count, and the range that it can write. */
interface FormFacts {
  unit: string;
  range?: readonly [min: number, max: number];
}

const DAYS: FormFacts = { unit: 'days since 1970-01-01', range: [FIRST_DAY, LAST_DAY] };

const FORM_FACTS: Record<FormName, FormFacts> = {
  decimal: { unit: 'as written' },
  percent: { unit: 'per cent' },
  date: DAYS,
  day_first: DAYS,
  month_first: DAYS,
  named_month: DAYS,
  named_month_second: DAYS,
  date_time: { unit: 'seconds since 1970-01-01', range: [86_400 * FIRST_DAY, 86_400 * LAST_DAY] },
  time: { unit: 'seconds since midnight', range: [0, 86_399] },
};

const COLUMNS: { [Type in TableColumn['type']]: OnnxColumn<ColumnOf<Type>> | undefined } = {
  category: {
    facts: ({ column: { levels } }) => ({ kind: 'category', levels }),

    encode(graph, { column: { levels }, codec: { values } }, code) {
      const isKnown = graph.and(graph.isAtLeast(code, 0), graph.isLess(code, levels.length));
      const known = graph.where(isKnown, code, levels.length);
      const blank = levels.indexOf('');
      const place = blank < 0 ? known : graph.where(graph.isNaN(code), blank, known);
      return { cells: [cellIn(graph, firstCells(values.discrete), place)] };
    },

    decode(graph, { column: { levels }, codec: { values } }, point) {
      return graph.min(placeIn(graph, firstCells(values.discrete), point), levels.length - 1);
    },
  },

  count: {
    facts: ({ column: { min, counts, blanks } }) => ({
      kind: 'integer',
      min,
      max: min + counts.length - 1,
      blanks: blanks > 0,
    }),

    encode(graph, { column: { min, counts, blanks }, codec }, number) {
      const { blank, below, range, above } = countCells(codec.values.discrete, blanks > 0, counts.length);
      const max = min + counts.length - 1;
      const inside = graph.min(graph.max(graph.subtract(number, min), 0), counts.length - 1);
      let cell = cellIn(graph, range, graph.where(graph.isNaN(number), 0, inside));
      const over = beyond(graph, above, graph.subtract(number, max), 1, (near, far) => [
        graph.subtract(1, near),
        graph.subtract(1, far),
      ]);
      cell = chosen(graph, graph.isLess(max, number), over, cell);
      if (below !== undefined) {
        const share = min > 0 ? 1 - 1 / (min + 1) : 1;
        const rest = (1 - share) / share;
        const under = beyond(graph, below, graph.subtract(min, number), share, (near, far) => [
          graph.subtract(far, rest),
          graph.subtract(near, rest),
        ]);
        cell = chosen(graph, graph.isLess(number, min), under, cell);
      }
      const isNumber = isWhole(graph, number, min >= 0 ? 0 : -Number.MAX_SAFE_INTEGER);
      if (blank === undefined) return { cells: [cell], isValid: isNumber };
      const isBlank = graph.isNaN(number);
      cell = chosen(graph, isBlank, constantCell(graph, blank), cell);
      return { cells: [cell], isValid: graph.or(isBlank, isNumber) };
    },

    decode(graph, { column: { min, counts, blanks }, codec }, point) {
      const { blank, below, range } = countCells(codec.values.discrete, blanks > 0, counts.length);
      const before = (blank === undefined ? 0 : 1) + (below === undefined ? 0 : 1);
      const place = placeIn(graph, firstCells(codec.values.discrete), point);
      const inside = graph.min(graph.max(graph.subtract(place, before), 0), range.length - 1);
      const number = graph.add(inside, min);
      return blank === undefined ? number : graph.where(graph.isLess(place, 1), NaN, number);
    },
  },

  number: {
    facts: ({ column: { form, domain, step, atoms }, codec: { values } }) => ({
      kind: formOf(form).kind ?? (step === 1 ? 'integer' : 'number'),
      unit: FORM_FACTS[form].unit,
      domain,
      ...(atoms && { repeats: values.discrete.map(({ number }) => number ?? null) }),
    }),

    encode(graph, { column: { domain, step }, codec: { values } }, number) {
      const { discrete, numbers } = values;
      const isNumber =
        step === 1 ? isWhole(graph, number, leastWhole(domain)) : isWithin(graph, number, domain);
      // The width has one number for each row too.
      const own = { value: number, width: graph.where(isNumber, graph.constant('double', [step]), NaN) };
      const companion = numbers?.companion;
      if (companion === undefined) return { cells: [own], isValid: isNumber };
      const which = atomPlace(graph, discrete, number);
      const isAtom = graph.isAtLeast(which, 1);
      const [first] = discrete;
      const filler = constantCell(graph, first?.cells[1] ?? companion);
      return {
        cells: [
          cellIn(graph, [companion, ...firstCells(discrete)], which),
          chosen(graph, isAtom, filler, own),
        ],
        isValid: graph.or(isAtom, isNumber),
      };
    },

    decode(graph, { column, codec: { values }, features: { length } }, features) {
      const { discrete, numbers } = values;
      const last = length === 1 ? features : graph.columns(features, length - 1, 1);
      const number = column.step === 1 ? wholeOf(graph, column, last) : last;
      const companion = numbers?.companion;
      if (companion === undefined) return number;
      const which = placeIn(graph, [companion, ...firstCells(discrete)], graph.columns(features, 0, 1));
      const atoms = graph.constant(
        'double',
        [0, ...discrete.map((value) => value.number ?? NaN)],
        [discrete.length + 1],
        'repeating_values',
      );
      return graph.where(graph.isLess(which, 1), number, graph.lookUp(atoms, which));
    },
  },

  // These have no features.
  constant: undefined,
  linear: undefined,
};

/** The whole number below, among those that the column writes. */
function wholeOf(graph: Graph, column: ColumnOf<'number'>, value: Value): Value {
  const whole = graph.floor(value);
  const { range } = FORM_FACTS[column.form];
  if (range !== undefined) return graph.min(graph.max(whole, range[0]), range[1]);
  return isFromZero(column) ? graph.max(whole, 0) : whole;
}

/** The row of a column in the table. */
export function onnxColumn({ column }: Part): OnnxColumn<TableColumn> {
  const row = COLUMNS[column.type];
  if (row !== undefined) return row;
  throw new RangeError(`${column.name} is not learned`);
}

function firstCells(values: readonly DiscreteValue[]): Cell[] {
  return values.flatMap(({ cells: [first] }) => first ?? []);
}

/** The cells of a count: blanks, numbers below the range, the range, numbers above it. */
function countCells(
  values: readonly DiscreteValue[],
  hasBlanks: boolean,
  length: number,
): { blank?: Cell; below?: Cell; range: Cell[]; above: Cell } {
  const cells = firstCells(values);
  const above = cells.at(-1);
  if (above === undefined) throw new RangeError('a count without cells');
  const range = cells.slice(-1 - length, -1);
  const before = cells.slice(0, -1 - length);
  return { blank: hasBlanks ? before[0] : undefined, below: before[hasBlanks ? 1 : 0], range, above };
}

/** The cell of a number `place` ≥ 1 beyond the range of a count, whose tail has the cell `tail`. */
function beyond(
  graph: Graph,
  tail: Cell,
  place: Value,
  share: number,
  sharesOf: (near: Value, far: Value) => [start: Value, end: Value],
): CellValues {
  const from = graph.max(place, 1);
  const [near, far] = [from, graph.add(from, 1)].map((one) => graph.divide(graph.divide(1, one), share)) as [
    Value,
    Value,
  ];
  const [start, end] = sharesOf(near, far);
  return {
    value: graph.add(graph.multiply(start, tail.width), tail.value),
    width: graph.multiply(graph.subtract(end, start), tail.width),
  };
}

/** The cells of these places, in a list that the graph keeps. */
function cellIn(graph: Graph, cells: readonly Cell[], place: Value): CellValues {
  const list = (values: number[], name: string): Value =>
    graph.lookUp(graph.constant('double', values, [values.length], name), place);
  return {
    value: list(
      cells.map(({ value }) => value),
      'cell_starts',
    ),
    width: list(
      cells.map(({ width }) => width),
      'cell_widths',
    ),
  };
}

/** The places of the cells that hold the points; cells are in order. */
function placeIn(graph: Graph, cells: readonly Cell[], point: Value): Value {
  const later = cells.slice(1).map(({ value }) => value);
  const isPast = graph.isAtLeast(point, graph.constant('double', later, [later.length], 'cell_starts'));
  return graph.sum(graph.cast(isPast, 'double'), -1, true);
}

/** 1 for the first value that repeats, 2 for the second …, 0 for any other number. */
function atomPlace(graph: Graph, values: readonly DiscreteValue[], number: Value): Value {
  const places = (isIt: (value: DiscreteValue) => boolean): number[] =>
    values.map((value, i) => (isIt(value) ? i + 1 : 0));
  const isBlank = ({ number: own }: DiscreteValue): boolean => own === undefined;
  const named = graph.constant(
    'double',
    values.map((value) => value.number ?? NaN),
  );
  const isNamed = graph.cast(graph.isEqual(number, named), 'double');
  const place = graph.sum(
    graph.multiply(
      isNamed,
      graph.constant(
        'double',
        places((one) => !isBlank(one)),
      ),
    ),
    -1,
    true,
  );
  const blank = Math.max(...places(isBlank));
  return blank === 0 ? place : graph.where(graph.isNaN(number), blank, place);
}

function constantCell(graph: Graph, { value, width }: Cell): CellValues {
  return { value: graph.constant('double', [value]), width: graph.constant('double', [width]) };
}

function chosen(graph: Graph, condition: Value, then: CellValues, otherwise: CellValues): CellValues {
  return {
    value: graph.where(condition, then.value, otherwise.value),
    width: graph.where(condition, then.width, otherwise.width),
  };
}

/** Whether it is a whole number of at least `min`. */
function isWhole(graph: Graph, number: Value, min: number): Value {
  const isSafe = graph.and(graph.isAtLeast(number, min), graph.isAtLeast(Number.MAX_SAFE_INTEGER, number));
  return graph.and(isSafe, graph.isEqual(number, graph.floor(number)));
}

function leastWhole(domain: Domain): number {
  return domain === 'real' ? -Number.MAX_SAFE_INTEGER : 0;
}

/** Whether it is a finite number of the domain. */
function isWithin(graph: Graph, number: Value, domain: Domain): Value {
  const [low, high]: [Operand, Operand] = INTERVALS[domain];
  return graph.and(graph.isLess(low, number), graph.isLess(number, high));
}

const INTERVALS: Record<Domain, [low: number, high: number]> = {
  real: [-Infinity, Infinity],
  positive: [0, Infinity],
  unit: [0, 1],
};
