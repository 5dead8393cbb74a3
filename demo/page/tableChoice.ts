/** What the visitor chooses about a table: columns, the label, and what becomes of blanks. */
import type { TextTable } from './tableRecords.ts';

export interface TableChoice {
  /** Names of columns that are not learned. */
  leftOut: readonly string[];
  /** The column whose labels can tell the rows apart; undefined for the only one that can. */
  label?: string;
  /** Blanks are learned as such, or rows with a blank are left out. */
  blanks: 'learned' | 'left-out';
}

export const WHOLE: TableChoice = { leftOut: [], blanks: 'learned' };

/** The part of a table that is learned. */
export function chosenPart({ names, cells, lines }: TextTable, { leftOut, blanks }: TableChoice): TextTable {
  const isKept = (_: unknown, place: number): boolean => !leftOut.includes(names[place] ?? '');
  const kept = cells.map((row) => row.filter(isKept));
  const isWhole = (_: unknown, row: number): boolean =>
    blanks === 'learned' || kept[row]?.every((cell) => cell !== '') === true;
  return { names: names.filter(isKept), cells: kept.filter(isWhole), lines: lines.filter(isWhole) };
}
