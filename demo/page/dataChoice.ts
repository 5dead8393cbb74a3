/** The visitor's choice of training data, as plain data, and the functions that change it. */
import { toyDensity, TOY_NAMES } from '../../src/index.ts';
import type { Domain, LabelColumn, ToyName } from '../../src/index.ts';
import type { TableColumn } from '../../src/page/index.ts';
import { toyClasses } from '../classes.ts';
import { picturedOf } from '../features.ts';
import type { DataOrigin, DataSettings, RowData } from '../protocol.ts';
import { count } from './figures.ts';
import type { FileRows } from './fileSource.ts';
import { rowsOfStrokes } from './strokes.ts';
import type { Source, Stroke } from './settings.ts';

export type SourceName = ToyName | 'drawing' | 'file';

/** The settings of all sources: each keeps its own until it is chosen again. */
export interface DataChoice {
  source: SourceName;
  noise: number;
  toySize: number | 'endless';
  strokes: readonly Stroke[];
  drawingSize: number;
  /** The domain of all columns of a file, or what each column's values suggest. */
  domain: Domain | 'inferred';
  /** The classes are split. */
  apart: boolean;
  /** The last file that was read. Links do not include its rows. */
  file: FileRows | undefined;
  /** The file being read, unless another choice has cancelled it. */
  reading: object | undefined;
  /** The last file was refused. */
  isRefused: boolean;
  /** Overrides the rest: an opened model continues with its own samples. */
  own: OwnSamples | undefined;
}

export interface OwnSamples {
  words: string;
  columns: readonly string[];
  table?: readonly TableColumn[];
  samples?: RowData;
}

const FIRST: DataChoice = {
  source: 'moons',
  noise: toyDensity('moons').noise,
  toySize: 'endless',
  strokes: [],
  drawingSize: 2000,
  domain: 'inferred',
  apart: false,
  file: undefined,
  reading: undefined,
  isRefused: false,
  own: undefined,
};

/** Applies settings; the file stays. */
export function withSource(choice: DataChoice, source: Source): DataChoice {
  const next = { ...choice, reading: undefined, own: undefined, apart: false };
  switch (source.kind) {
    case 'toy': {
      const { name, size, noise = toyDensity(name).noise, apart = false } = source;
      return settled({ ...next, source: name, noise, toySize: size, apart });
    }
    case 'drawing':
      return { ...next, source: 'drawing', strokes: source.strokes, drawingSize: source.size };
    case 'file':
      return settled({
        ...next,
        source: 'file',
        domain: source.domain ?? 'inferred',
        apart: source.apart ?? false,
      });
  }
}

export function firstChoice(source: Source): DataChoice {
  return withSource(FIRST, source);
}

/** Applies the visitor's choice of a source. */
export function picked(choice: DataChoice, source: SourceName): DataChoice {
  const toy = toyOf(source);
  const noise = toy === undefined ? choice.noise : toyDensity(toy).noise;
  return settled({ ...choice, source, noise, own: undefined, reading: undefined, isRefused: false });
}

/** Applies the data that an opened model continues with. */
export function withOrigin(choice: DataChoice, origin: DataOrigin, own: OwnSamples): DataChoice {
  switch (origin.kind) {
    case 'toy':
      return withSource(choice, origin);
    case 'at-hand':
      return { ...choice, own: undefined, apart: origin.apart };
    case 'own-samples':
      return { ...choice, own, reading: undefined };
  }
}

/** Starts reading a file, identified by the token. */
export function reading(choice: DataChoice, token: object): DataChoice {
  return { ...choice, source: 'file', own: undefined, reading: token, isRefused: false };
}

export function withFile(choice: DataChoice, file: FileRows): DataChoice {
  return settled({ ...choice, file, reading: undefined });
}

/** Restores the previous choice after a file was refused. */
export function refused(choice: DataChoice, { source, own }: DataChoice): DataChoice {
  return { ...choice, source, own, reading: undefined, isRefused: true };
}

/** Data without classes are not split. A link may come before its file, so its setting waits. */
function settled(choice: DataChoice): DataChoice {
  const isAwaited = choice.source === 'file' && choice.file === undefined;
  return classesIn(choice) === undefined && !isAwaited ? { ...choice, apart: false } : choice;
}

/** The classes that could be split. */
export function classesIn({ source, file }: DataChoice): LabelColumn | undefined {
  const toy = toyOf(source);
  if (toy !== undefined) return toyClasses(toy);
  return source === 'file' ? file?.labels?.column : undefined;
}

export function toyOf(source: SourceName): ToyName | undefined {
  return TOY_NAMES.find((name) => name === source);
}

/** The source as a link encodes it. */
export function sourceOf({ source, apart: isApart, ...choice }: DataChoice): Source {
  const apart = isApart ? { apart: true } : {};
  if (source === 'file') {
    return { kind: 'file', ...(choice.domain === 'inferred' ? {} : { domain: choice.domain }), ...apart };
  }
  if (source === 'drawing') {
    return { kind: 'drawing', strokes: [...choice.strokes], size: choice.drawingSize };
  }
  const { noise } = toyDensity(source);
  const own = noise === 0 || choice.noise === noise ? {} : { noise: choice.noise };
  return { kind: 'toy', name: source, ...own, size: choice.toySize, ...apart };
}

/** The engine's training data; undefined for an empty pad or a missing file. */
export function dataOf(choice: DataChoice): DataSettings | undefined {
  const data = dataAtHand(choice);
  if (data?.kind !== 'rows' || choice.apart) return data;
  const { labels: _, ...rows } = data;
  return rows;
}

/** The same, always with the labels if there are any. */
export function dataAtHand(choice: DataChoice): DataSettings | undefined {
  const source = sourceOf(choice);
  switch (source.kind) {
    case 'toy':
      return source;
    case 'drawing': {
      const rows = rowsOfStrokes(source.strokes, source.size);
      const drawing = { kind: 'rows', rows, columns: ['x', 'y'], title: 'Your drawing' } as const;
      return rows.length === 0 ? undefined : { ...drawing, columns: [...drawing.columns] };
    }
    case 'file':
      return choice.file && rowsOfFile(choice.file, choice.domain);
  }
}

/** @param domain of all columns, if they are plain numbers */
function rowsOfFile(
  { title, columns, rows, domains, cells, labels }: FileRows,
  domain: DataChoice['domain'],
): DataSettings {
  const isGiven = domain !== 'inferred' && cells === undefined;
  const own = isGiven ? columns.map(() => domain) : domains;
  return {
    kind: 'rows',
    title,
    columns,
    rows,
    ...(own && { domains: own }),
    ...(cells && { cells }),
    ...(labels && { labels }),
  };
}

/** Whether there are data to learn from. */
export function hasData({ source, strokes, file, own }: DataChoice): boolean {
  if (own !== undefined) return true;
  if (source === 'file') return file !== undefined;
  return source !== 'drawing' || strokes.length > 0;
}

/** A feature that the pictures can show, and its place among all. */
export interface PicturedColumn {
  name: string;
  place: number;
}

/** The columns from which a pair is shown: those of a file or of an opened model. */
export function columnsToShow({ own, source, file, apart }: DataChoice): PicturedColumn[] {
  if (own !== undefined) return picturedColumns(own.columns, own.table);
  if (source !== 'file' || file === undefined) return [];
  const { columns, cells, labels } = file;
  if (cells === undefined) return picturedColumns(columns, undefined);
  // The labels of split data are given, not learned.
  const isLearned = (name: string): boolean => !apart || name !== labels?.column.name;
  return picturedColumns(
    columns.filter(isLearned),
    cells.table.filter(({ name }) => isLearned(name)),
  );
}

function picturedColumns(
  names: readonly string[],
  table: readonly TableColumn[] | undefined,
): PicturedColumn[] {
  const places = table === undefined ? names.keys() : picturedOf(table);
  return Array.from(places, (place) => ({ name: names[place] ?? '', place }));
}

/** The shown pair after a change of the data: the same columns if they are still there, else the first two. */
export function pairAfter(before: DataChoice, after: DataChoice, pair: Pair): Pair {
  const offered = columnsToShow(after);
  const [across, up] = offered;
  if (across === undefined || up === undefined) return pair;
  const isSame = before.file === after.file && before.source === after.source && before.own === after.own;
  const known = columnsToShow(before);
  const [first, second] = pair.map((place) => {
    const name = isSame ? known.find((column) => column.place === place)?.name : undefined;
    return offered.find((column) => column.name === name)?.place;
  });
  return first === undefined || second === undefined ? [across.place, up.place] : [first, second];
}

type Pair = [number, number];

export function fileWords({ file, reading: token, isRefused }: DataChoice): string {
  if (token !== undefined) return 'Reading…';
  if (file === undefined) return '';
  const { title, rows, columns, words } = file;
  const sentence = `${title}: ${count(rows.length / columns.length)} rows, ${words.length || columns.length} columns.`;
  return isRefused ? `Still here: ${sentence}` : sentence;
}
