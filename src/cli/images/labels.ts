/** Labels of images, in a file of one column. */
import { LABEL_COLUMN } from '../../data/images/images.ts';
import type { ListedLabels } from '../../data/images/imageForm.ts';
import { allRows, readTable } from '../../data/readTable.ts';
import { DataError } from '../../errors.ts';
import type { LabelColumn } from '../../model/context.ts';
import type { TableForm } from '../tableOptions.ts';

/** The value of `--labels` for the names of the folders that images lie in. */
export const FOLDERS = 'folders';

/** @throws {DataError} when the file has another number of columns, or cannot be read */
export async function readLabels(file: string, signal: AbortSignal): Promise<ListedLabels> {
  let heading: string | undefined;
  const onlyColumn = (names: readonly string[], hasHeader: boolean): readonly string[] => {
    heading = hasHeader ? names[0] : undefined;
    if (names.length === 1) return names;
    throw new DataError(`found ${names.length} columns, expected one of labels`, { file });
  };
  const { text } = await allRows(readTable(file, { columns: [], text: onlyColumn }), signal);
  return { cells: text.cells.map(([label = '']) => label), ...(heading !== undefined && { heading }) };
}

/** How a command reads images whose labels are in a file of their own. */
export async function withLabels(
  form: TableForm,
  labels: string | undefined,
  signal: AbortSignal,
): Promise<TableForm> {
  return labels === undefined ? form : { ...form, images: { labels: await readLabels(labels, signal) } };
}

/** The context column of labels: its levels in order, numbers by size. */
export function labelColumn(labels: readonly string[]): LabelColumn {
  const levels = [...new Set(labels)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return { name: LABEL_COLUMN, levels };
}
