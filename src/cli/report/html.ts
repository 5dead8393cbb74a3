/** Pieces of the report's HTML. Every text is escaped here. */
import { escapeHtml } from '../escapeHtml.ts';

/** A card with a chart; `chart` and `head` are HTML. */
export function figure(title: string, caption: string, chart: string, kind = '', head = ''): string {
  const words = caption.trim();
  return (
    `<figure${kind && ` class="${kind}"`}><h3>${escapeHtml(title)}</h3>${head}${chart}` +
    `${words && `<figcaption>${escapeHtml(words)}</figcaption>`}</figure>`
  );
}

/** A part of the page with its heading; `content` is HTML. */
export function section(title: string, lead: string, content: string): string {
  if (content === '') return '';
  const words = lead && `<p class="lead">${escapeHtml(lead)}</p>`;
  return `<section><h2>${escapeHtml(title)}</h2>${words}${content}</section>`;
}

/** Cards side by side. */
export function cards(figures: readonly string[]): string {
  const shown = figures.filter((one) => one !== '');
  return shown.length === 0 ? '' : `<div class="figures">${shown.join('\n')}</div>`;
}

/** The legend of charts that show data and samples. */
export function key(rows: string): string {
  return (
    `<p class="legend"><span class="key data"></span>${escapeHtml(rows)}` +
    '<span class="key model"></span>samples of the model</p>'
  );
}

export interface TableCell {
  text: string;
  isNumber?: boolean;
  /** From 0, unmarked, to 1. */
  mark?: number;
}

/** A table that scrolls sideways if it is wide. */
export function table(head: readonly string[], rows: readonly (readonly TableCell[])[], kind = ''): string {
  const kinds = rows[0] ?? [];
  const names = head.map(
    (name, i) =>
      `<th scope="col"${kinds[i]?.isNumber === true ? ' class="number"' : ''}>${escapeHtml(name)}</th>`,
  );
  const lines = rows.map((cells) => `<tr>${cells.map(tableCell).join('')}</tr>`);
  return (
    `<div class="entries card${kind && ` ${kind}`}"><div class="scroll"><table><thead><tr>${names.join('')}</tr></thead>` +
    `<tbody>${lines.join('')}</tbody></table></div></div>`
  );
}

function tableCell({ text, isNumber = false, mark = 0 }: TableCell): string {
  const kinds = [...(isNumber ? ['number'] : []), ...(mark > 0 ? ['odd'] : [])];
  const style = mark > 0 ? ` style="--odd:${Math.round(100 * Math.min(mark, 1))}%"` : '';
  return `<td${kinds.length > 0 ? ` class="${kinds.join(' ')}"` : ''}${style}>${escapeHtml(text)}</td>`;
}

/** A name that fits a label of a chart. */
export function shortened(name: string, letters: number): string {
  return name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
}
