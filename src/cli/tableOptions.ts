/** Options of the commands that read tables, and checks of the tables' names. */
import { Option } from 'commander';
import { HEADER_CHOICES } from '../data/readTable.ts';
import type { HeaderChoice, ReadTableOptions } from '../data/readTable.ts';
import { STANDARD_INPUT } from '../data/sourceFile.ts';
import { ShapeError } from '../errors.ts';
import type { Session } from './session.ts';

/** How tables are read, in a command's options. */
export interface TableOptions {
  header?: HeaderChoice;
  encoding?: string;
  /** A file with the labels of images. */
  labels?: string;
}

/** How tables are read, and who takes remarks on them. */
export type TableForm = Pick<
  ReadTableOptions,
  'header' | 'encoding' | 'onNotice' | 'chunkCells' | 'kept' | 'range' | 'images'
>;

/** The argument for a table. */
export const TABLE =
  'table: CSV, TSV, JSON lines, Parquet, .npy or IDX; text and IDX also as .gz; - reads standard input; the header is optional';

/** `--labels` of the commands that read images for a model. */
export const LABELS_OPTION = new Option('--labels <file>', 'labels of the images, a file of one column');

/** `--header` and `--encoding`. */
export function tableOptions(): Option[] {
  return [
    new Option(
      '--header <choice>',
      'whether the first line of a text table has the names of the columns; auto tells by its cells',
    )
      .choices(HEADER_CHOICES)
      .default('auto'),
    new Option(
      '--encoding <name>',
      'encoding of text tables, such as windows-1252 (default: UTF-8, or UTF-16 after a byte order mark)',
    ),
  ];
}

/** Reads the tables of a command by its options, and prints remarks on them. */
export function tableForm(session: Session, { header, encoding }: TableOptions): TableForm {
  return { header, encoding, onNotice: session.notice };
}

/** @throws {ShapeError} if more than one table is standard input */
export function requireOneStandardInput(command: string, tables: readonly (string | undefined)[]): void {
  if (tables.filter((table) => table === STANDARD_INPUT).length < 2) return;
  throw new ShapeError(command, 'two tables from standard input', 'one', 'Give the other as a file.');
}
