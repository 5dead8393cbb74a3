/** Decides how a flow learns a table. */
import { DataError } from '../errors.ts';
import type { Domain } from '../model/domain.ts';
import { TableCodec } from './codec.ts';
import { roomOf } from './columns.ts';
import type { TableColumn } from './columns.ts';
import { dependenceOf } from './dependence.ts';
import { inferColumns } from './infer.ts';
import type { Inferred } from './infer.ts';
import type { TableProfile } from './profile.ts';

/** What to do with rows that have blanks: learn how often cells are blank, leave the rows out, or throw. */
export const MISSING = ['model', 'drop', 'error'] as const;
export type Missing = (typeof MISSING)[number];

/** The columns of a table, and what became of each of them. */
export interface TablePlan {
  codec: TableCodec;
  /** The places of the learned columns among all. */
  places: number[];
  /** One line for each column of the table. */
  words: string[];
  warnings: string[];
}

/**
 * Decides how a flow learns the columns of a profile.
 * @param file names the table in messages
 * @throws {DataError | ShapeError} like `inferColumns`, and when no column is left to learn
 */
export function planTable(
  file: string,
  profile: TableProfile,
  options: Parameters<typeof inferColumns>[2] = {},
): TablePlan {
  const inferred = inferColumns(file, profile, options);
  const names = inferred.map(({ name }) => name);
  const columns = inferred.flatMap(({ column }) => column ?? []);
  const { determined, warnings } = dependenceOf(columns, names, profile.sample);
  const isAsked = (name: string): boolean => options.asked?.has(name) === true;
  const learned = columns.map((column) =>
    isAsked(column.name) ? column : (determined.get(column.name) ?? column),
  );
  const codec = new TableCodec(learned);
  if (codec.dim === 0) {
    const found = inferred
      .map(({ name, leftOut }) => `${name} (${leftOut ?? 'constant'})`)
      .slice(0, 10)
      .join(', ');
    throw new DataError(
      `found nothing to learn in ${found}, expected at least one column of values that differ`,
      { file },
    );
  }
  return {
    codec,
    places: learned.map(({ name }) => names.indexOf(name)),
    words: inferred.map((one) => wordsOf(one, learned)),
    warnings: [
      ...learned.flatMap((column) =>
        column.type === 'linear'
          ? `${column.name} is determined by ${column.of.join(', ')}. It is not learned; samples get it back from them. --types "${column.name}=real" learns it all the same.`
          : [],
      ),
      ...inferred.flatMap(({ warning }) => warning ?? []),
      ...warnings,
    ],
  };
}

/** Columns of plain numbers: their names and domains. */
export interface PlainNumbers {
  columns: string[];
  domains: Domain[];
}

/** The columns as plain numbers, if they are all that: real numbers without blanks or values that repeat. */
export function plainNumbers(columns: readonly TableColumn[]): PlainNumbers | undefined {
  const domains: Domain[] = [];
  for (const column of columns) {
    const isPlain =
      column.type === 'number' &&
      column.form === 'decimal' &&
      column.step === 0 &&
      column.atoms === undefined;
    if (!isPlain) return undefined;
    domains.push(column.domain);
  }
  return { columns: columns.map(({ name }) => name), domains };
}

function wordsOf({ name, leftOut }: Inferred, learned: readonly TableColumn[]): string {
  const column = learned.find((one) => one.name === name);
  return `${name}: ${column === undefined ? `left out, ${leftOut}` : roomOf(column).words(column)}`;
}
