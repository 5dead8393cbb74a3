/** What a flow takes from the rows that it learns from. */
import { whiteningFor, readerOf } from '../data/gaussian.ts';
import type { RowReader } from '../data/gaussian.ts';
import type { DataStart } from '../bijectors/bijector.ts';
import type { Rows } from '../calls/callerArrays.ts';

import { columnStatistics } from '../data/statistics.ts';
import type { ColumnStatistics } from '../data/statistics.ts';
import { fromDomain, requireInside } from '../model/domain.ts';
import { isWhitened } from './init.ts';
import { requireFineSteps } from '../data/offset.ts';
import { domainsOf, offsetPlace, offsetOf } from './offset.ts';
import type { FlowSpec } from './spec.ts';

/**
 * What a flow of `spec` takes from the rows that it learns from, and what it subtracts of them.
 * @throws {DataError | ShapeError} as `statisticsFor`
 */
export function dataStart(
  spec: FlowSpec,
  rows: Rows,
  options: { columns?: readonly string[]; isFresh: boolean },
): ColumnStatistics & DataStart {
  const statistics = statisticsFor(spec, rows, options);
  if (!options.isFresh || !isWhitened(spec)) return statistics;
  const plain = readerOf(rows, spec.dim);
  const domains = domainsOf(spec);
  const mapped: RowReader = {
    ...plain,
    read(row, into) {
      plain.read(row, into);
      domains?.forEach((domain, j) => {
        if (domain !== 'real') into[j] = fromDomain(domain, into[j] ?? NaN, statistics.scale[j]).image;
      });
    },
  };
  return { ...statistics, whitening: whiteningFor(mapped) };
}

/**
 * The statistics of rows that a flow of `spec` learns from, with the offset that it subtracts: a fresh flow takes that from
 * the rows, if it standardizes them, and any other keeps its own.
 * @throws {DataError | ShapeError} as `columnStatistics`, and naming a column that the flow would see rounded
 */
export function statisticsFor(
  spec: FlowSpec,
  rows: Rows,
  { columns, isFresh }: { columns?: readonly string[]; isFresh: boolean },
): ColumnStatistics {
  const domains = domainsOf(spec);
  requireInside(rows, domains, columns === undefined ? {} : { columns });
  const standardizes = offsetPlace(spec) >= 0;
  const statistics = columnStatistics(rows, spec.dim, columns, domains, standardizes);
  const offset = isFresh ? statistics.offset : (offsetOf(spec) ?? new Float64Array(spec.dim));
  requireFineSteps(rows, offset, statistics.spread, columns);
  return { ...statistics, offset };
}
