/** The statistics that a flow takes from its training rows. */
import { readerOf, shrunkGaussian, whiteningOf } from '../data/gaussian.ts';
import type { RowReader } from '../data/gaussian.ts';
import type { DataStart } from '../bijectors/bijector.ts';
import type { Rows } from '../calls/callerArrays.ts';

import { columnStatistics } from '../data/statistics.ts';
import type { ColumnStatistics } from '../data/statistics.ts';
import { fromDomain, requireInside } from '../model/domain.ts';
import { isWhitened } from './init.ts';
import { rangesOf, requireFineSteps } from '../data/offset.ts';
import type { ColumnRanges } from '../data/offset.ts';
import { domainsOf, offsetPlace, offsetOf } from './offset.ts';
import type { FlowSpec } from './spec.ts';

export interface StatisticsOptions {
  columns?: readonly string[];
  /** Whether the flow takes scale, mean, std and offset from the rows. */
  isFresh: boolean;
  /** The ranges of the columns, if the rows are a sample of others; by default those of the rows. */
  ranges?: ColumnRanges;
}

/**
 * The statistics that a flow of `spec` takes from its training rows, and the offset that it subtracts.
 * @throws {DataError | ShapeError} like `statisticsFor`
 */
export function dataStart(
  spec: FlowSpec,
  rows: Rows,
  options: StatisticsOptions,
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
  return { ...statistics, whitening: whiteningOf(shrunkGaussian(mapped)) };
}

/**
 * The statistics of a flow's training rows, with the offset that it subtracts. A fresh flow that standardizes
 * takes the offset from the rows; every other flow keeps its own.
 * @throws {DataError | ShapeError} like `columnStatistics`, and naming a column that float32 rounds too coarsely
 */
export function statisticsFor(
  spec: FlowSpec,
  rows: Rows,
  { columns, isFresh, ranges = rangesOf(rows, spec.dim) }: StatisticsOptions,
): ColumnStatistics {
  const domains = domainsOf(spec);
  requireInside(rows, domains, columns === undefined ? {} : { columns });
  const standardizes = offsetPlace(spec) >= 0;
  const statistics = columnStatistics(rows, spec.dim, columns, domains, standardizes);
  const offset = isFresh ? statistics.offset : (offsetOf(spec) ?? new Float64Array(spec.dim));
  requireFineSteps(ranges, offset, statistics.spread, columns);
  return { ...statistics, offset };
}
