/** A chart as SVG text, for a page with its own style sheet. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeHtml } from './escapeHtml.ts';

/** Colours are CSS variables of the page; `label` is the chart's text alternative. */
export function svg({ label, ...options }: Plot.PlotOptions & { label: string }): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const chart = Plot.plot({
    ...options,
    document,
    className: 'chart',
    style: { color: 'var(--muted)', fontFamily: 'inherit', fontSize: '12px', background: 'none' },
  });
  // The page has its own style sheet; a hundredth of a pixel is precise enough for positions.
  chart.querySelector('style')?.remove();
  const drawing = chart.outerHTML.replace(/ (?:cx|cy|d|transform)="[^"]*"/g, (attribute) =>
    attribute.replace(/(\.\d\d)\d+/g, '$1'),
  );
  // Set here and not through the document, which does not escape & and < in attributes.
  return drawing.replace('<svg', () => `<svg role="img" aria-label="${escapeHtml(label)}"`);
}
