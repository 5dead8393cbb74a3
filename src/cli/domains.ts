/** `--domain`: the columns with bounded values, and a check of their values. */
import { InvalidArgumentError } from 'commander';
import type { TableChunk } from '../data/readTable.ts';
import { requireInside } from '../model/domain.ts';
import { ShapeError } from '../errors.ts';
import { DOMAINS } from '../model/domain.ts';
import type { Domain } from '../model/domain.ts';
import { COLUMN_KINDS } from '../table/infer.ts';
import type { ColumnKind } from '../table/infer.ts';
import { commaList, listedNames } from './commaList.ts';
import { atLines } from './fileLines.ts';

/** A single `--domain` option. */
export interface DomainRequest {
  domain: Domain;
  /** All columns if omitted. */
  columns?: string[];
}

/** Appends `positive` or `unit:a,b` to the earlier requests. */
export function domainRequests(text: string, earlier: DomainRequest[] = []): DomainRequest[] {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const domain = DOMAINS.find((known) => known === name.trim());
  const columns = colon < 0 ? undefined : commaList(text.slice(colon + 1));
  if (domain === undefined || columns?.length === 0 || columns?.includes('')) {
    throw new InvalidArgumentError(
      'Expected real, positive or unit, for all columns, or for the columns after a colon: unit:share,rate.',
    );
  }
  return [...earlier, { domain, ...(columns === undefined ? {} : { columns }) }];
}

/**
 * The kinds that `--types` and `--domain` give to columns; the last `--domain` of a column wins.
 * @throws {ShapeError} naming a requested column that does not exist
 */
export function typesOfColumns(
  {
    domain = [],
    types = new Map(),
  }: { domain?: readonly DomainRequest[]; types?: ReadonlyMap<string, ColumnKind> },
  columns: readonly string[],
): Map<string, ColumnKind> {
  const kinds = new Map<string, ColumnKind>();
  const add = (option: string, name: string, kind: ColumnKind): void => {
    if (!columns.includes(name)) {
      throw new ShapeError(option, `the column "${name}"`, `one of ${listedNames(columns)}`);
    }
    kinds.set(name, kind);
  };
  for (const { domain: kind, columns: asked = columns } of domain) {
    for (const name of asked) add(`--domain ${kind}`, name, kind);
  }
  for (const [name, kind] of types) add('--types', name, kind);
  return kinds;
}

/** `rain=positive,city=category`. */
export function columnTypes(text: string): Map<string, ColumnKind> {
  const parts = commaList(text).map((part): [string, string] => {
    const equals = part.lastIndexOf('=');
    return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()];
  });
  return new Map(
    parts.map(([name, kind]) => {
      const known = COLUMN_KINDS.find((one) => one === kind);
      if (known !== undefined && name !== '') return [name, known];
      throw new InvalidArgumentError(`Expected name=kind, with a kind from ${COLUMN_KINDS.join(', ')}.`);
    }),
  );
}

/**
 * The chunks of `file`, each checked first.
 * @throws {DataError} naming file, row, column and value of the first one outside
 */
export async function* insideDomains(
  chunks: AsyncIterable<TableChunk>,
  file: string,
  domainsFor: (columns: readonly string[]) => readonly Domain[] | undefined,
): AsyncGenerator<TableChunk> {
  for await (const chunk of chunks) {
    const { values, columns, text } = chunk;
    const domains = domainsFor(columns);
    // A wrong number of columns is reported by the caller, which knows the expected number.
    if (domains?.length === columns.length) {
      atLines(file, text.lines, () => requireInside(values, domains, { columns }));
    }
    yield chunk;
  }
}
