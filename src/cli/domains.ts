/** `--domain`: the columns with bounded values, and a check of their values. */
import { InvalidArgumentError } from 'commander';
import type { TableChunk } from '../data/readTable.ts';
import { requireInside } from '../model/domain.ts';
import { ShapeError } from '../errors.ts';
import { DOMAINS } from '../model/domain.ts';
import type { Domain } from '../model/domain.ts';
import { commaList, listedNames } from './commaList.ts';

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
 * The domain of each column: `real` unless a request names another; the last request wins.
 * @throws {ShapeError} naming a requested column that does not exist
 */
export function domainsOfColumns(
  requests: readonly DomainRequest[] | undefined,
  columns: readonly string[],
): Domain[] | undefined {
  if (requests === undefined) return undefined;
  const domains: Domain[] = columns.map(() => 'real');
  const places = new Map(columns.map((name, place) => [name, place]));
  for (const { domain, columns: asked = columns } of requests) {
    for (const name of asked) {
      const index = places.get(name);
      if (index === undefined) {
        throw new ShapeError(`--domain ${domain}`, `the column "${name}"`, `one of ${listedNames(columns)}`);
      }
      domains[index] = domain;
    }
  }
  return domains;
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
    const { values, columns, firstRow } = chunk;
    const domains = domainsFor(columns);
    // A wrong number of columns is reported by the caller, which knows the expected number.
    if (domains?.length === columns.length) requireInside(values, domains, { file, firstRow, columns });
    yield chunk;
  }
}
