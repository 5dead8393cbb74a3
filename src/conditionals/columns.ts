/** The columns of a flow: what each of them can be, given the others. */
import { TableCodec } from '../table/codec.ts';
import type { ColumnCodec, ColumnValues } from '../table/column.ts';
import type { TableColumn } from '../table/columns.ts';

export interface Column {
  name: string;
  /** Its first feature, and how many it has. */
  first: number;
  features: number;
  values: ColumnValues;
  /** Of a column of a table. */
  codec?: ColumnCodec;
}

/** The columns that have features. Those of a flow of plain numbers are its features. */
export function columnsOf(names: readonly string[], table: readonly TableColumn[] | undefined): Column[] {
  if (table === undefined) {
    return names.map((name, first) => ({
      name,
      first,
      features: 1,
      values: { discrete: [], numbers: { step: 0 } },
    }));
  }
  return new TableCodec(table).parts
    .filter(({ features }) => features.length > 0)
    .map(({ column, first, features, codec }) => ({
      name: column.name,
      first,
      features: features.length,
      values: codec.values,
      codec,
    }));
}

/** The feature of a column's numbers, and the one that goes with it. */
export function numberFeature({ first, features }: Column): { feature: number; companion?: number } {
  const feature = first + features - 1;
  return features > 1 ? { feature, companion: first } : { feature };
}
