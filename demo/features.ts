/** The features that stand for the columns of a table, and rows without a column of labels. */
import { plainNumbers } from '../src/page/index.ts';
import type { TableColumn } from '../src/page/index.ts';
import type { RowData } from './protocol.ts';

/** What a feature is: `which` tells blanks and repeating values from numbers. */
export type FeatureKind = 'number' | 'count' | 'date' | 'label' | 'which';

export interface TableFeature {
  kind: FeatureKind;
  /** The place of its column in the table. */
  column: number;
}

/** The features of a table, in the order of the flow. */
export function featuresOf(table: readonly TableColumn[]): TableFeature[] {
  return table.flatMap((column, place) => kindsOf(column).map((kind) => ({ kind, column: place })));
}

function kindsOf(column: TableColumn): FeatureKind[] {
  switch (column.type) {
    case 'number': {
      const isNumber = column.form === 'decimal' || column.form === 'percent';
      return [...(column.atoms === undefined ? [] : ['which' as const]), isNumber ? 'number' : 'date'];
    }
    case 'count':
      return ['count'];
    case 'category':
      return ['label'];
    case 'constant':
    case 'linear':
      return [];
  }
}

/** The features that pictures show: numbers, counts and dates, or also the others if there are fewer than two. */
export function picturedOf(table: readonly TableColumn[]): number[] {
  const features = featuresOf(table);
  const placesOf = (isShown: (kind: FeatureKind) => boolean): number[] =>
    features.flatMap(({ kind }, place) => (isShown(kind) ? place : []));
  const numbers = placesOf((kind) => kind !== 'label' && kind !== 'which');
  if (numbers.length >= 2) return numbers;
  const cells = placesOf((kind) => kind !== 'which');
  return cells.length >= 2 ? cells : placesOf(() => true);
}

/** The rows as a split flow learns them: without the column of labels, which is given. */
export function withoutLabelColumn(data: RowData): RowData {
  const { columns, rows, domains, cells, labels } = data;
  const place = cells === undefined ? -1 : columns.indexOf(labels?.column.name ?? '');
  if (cells === undefined || place < 0) return data;
  const isKept = (_: unknown, index: number): boolean => index % columns.length !== place;
  const table = cells.table.filter(({ name }) => name !== labels?.column.name);
  const { cells: _, ...rest } = data;
  return {
    ...rest,
    columns: columns.filter(isKept),
    rows: rows.filter(isKept),
    ...(domains && { domains: domains.filter(isKept) }),
    ...(plainNumbers(table) === undefined && { cells: { table, widths: cells.widths.filter(isKept) } }),
  };
}
