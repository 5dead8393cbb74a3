/** The roofline chart, drawn again when there is more to show. */
import * as Plot from '@observablehq/plot';
import { rooflineChart } from '../../src/bench/charts.ts';
import type { BenchDocument } from '../../src/bench/index.ts';
import { element, make } from './elements.ts';
import { hrefOf } from './results.ts';

/** Plot brings a style element along, which this page's policy forbids: so it draws into a document of its own. */
const drawingDocument = document.implementation.createHTMLDocument();

export function drawRoofline(run: BenchDocument): void {
  const frame = element('roofline', HTMLDivElement);
  const width = Math.max(320, Math.round(frame.clientWidth));
  const size = { width, height: Math.round(Math.max(300, Math.min(520, 0.55 * width))) };
  const label = `Roofline chart of ${run.entries.length} results; the table below has the same numbers.`;
  const { label: text, ...options } = rooflineChart(run, size, label, (entry) =>
    hrefOf(run.entries.indexOf(entry)),
  );
  const chart = Plot.plot({
    ...options,
    document: drawingDocument,
    className: 'chart',
    style: { color: 'var(--muted)', fontFamily: 'inherit', fontSize: '12px', background: 'none' },
  });
  chart.querySelector('style')?.remove();
  // For the keyboard and for readers the table has the same numbers and the same links.
  chart.setAttribute('aria-hidden', 'true');
  for (const link of chart.querySelectorAll('a')) link.setAttribute('tabindex', '-1');
  frame.replaceChildren(make('p', { className: 'visually-hidden' }, text), document.adoptNode(chart));
}
