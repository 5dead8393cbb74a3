/** Plain numbers as a table. */
import type { Domain } from '../model/domain.ts';
import { TableCodec } from './codec.ts';
import type { TableColumn } from './columns.ts';

/** A table of decimal numbers. @param domains of all columns, or all are real */
export function plainTable(names: readonly string[], domains: readonly Domain[] | undefined): TableCodec {
  return new TableCodec(names.map((name, place) => plainColumn(name, domains?.[place] ?? 'real')));
}

function plainColumn(name: string, domain: Domain): TableColumn {
  const middle = { real: 0, positive: 1, unit: 0.5 }[domain];
  const range = { min: middle, max: middle, mean: middle, std: 0, numbers: 1 };
  return { type: 'number', name, form: 'decimal', domain, step: 0, ...range };
}
