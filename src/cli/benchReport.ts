/** The report of a benchmark run: one self-contained HTML page. */
import { batchChart, kernelChart, planChart, rooflineChart } from '../measure/charts.ts';
import type { Chart } from '../measure/charts.ts';
import { duration, fullText, LAUNCH_HEAD, launchNote, launchRows } from '../measure/index.ts';
import { milliseconds, percent, precisionText, rate, spread } from '../measure/index.ts';
import type { BenchDocument, BenchEntry } from '../measure/index.ts';
import { variantsText } from '../passes/purpose.ts';
import {
  BATCH_HEAD,
  batchCells,
  CHUNKS_NOTE,
  FULL_NOTE,
  launchText,
  planCells,
  sorted,
  stepsOfFlows,
} from './benchTables.ts';
import { escapeHtml } from './escapeHtml.ts';
import { htmlPage } from './htmlPage.ts';
import { adapterName } from './session.ts';
import { svg } from './svgChart.ts';

/** Equal documents give equal text. */
export function benchReport(document: BenchDocument): string {
  const title = `wgflow bench: ${adapterName(document.adapter)}`;
  return htmlPage(
    title,
    `<header>
<h1>${escapeHtml(title)}</h1>
${tiles(document)}
${words(document)}
</header>
<div class="figures">
${rooflineFigure(document)}
${planFigure(document)}
${kernelFigure(document)}
${batchFigure(document)}
${batchTable(document)}
${entryTable('Plans', document, 'plan')}
${launchTable(document)}
${entryTable('Kernels', document, 'kernel')}
${facts(document)}
</div>`,
  );
}

function tiles({ peak, entries, batches }: BenchDocument): string {
  const steps =
    batches === undefined ? entries.filter(({ kind, name }) => kind === 'plan' && name === 'train_step') : [];
  const shown: [label: string, value: string, unit: string][] = [
    ['FMA peak', rate(peak.fma.rate), 'GFLOP/s'],
    ['Copy peak', rate(peak.copy.rate), 'GB/s'],
    ...(peak.launch === undefined ? [] : [launchTile(peak.launch.medianMs)]),
    ...steps.map(({ shape, time }): [string, string, string] => [
      `${shape.replace(/,.*/, '')} training step`,
      milliseconds(time.medianMs),
      'ms',
    ]),
  ];
  const list = shown.map(
    ([label, value, unit]) =>
      `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)} <span class="unit">${unit}</span></dd></div>`,
  );
  return `<dl class="tiles">${list.join('')}</dl>`;
}

function launchTile(ms: number): [label: string, value: string, unit: string] {
  const [value = '', unit = ''] = duration(ms).split(' ');
  return ['Empty dispatch', value, unit];
}

function words({ entries, mismatches, clock, precision }: BenchDocument): string {
  const checked =
    `${entries.length} entries, each checked against its f64 twin before it was timed, by ${clock === 'wall clock' ? 'the wall clock' : clock}. ` +
    `Times are medians; the peaks were measured in the same run.${precision === 'f16' ? ' Nets are stored as f16.' : ''}`;
  const failed =
    mismatches.length > 0
      ? `<p class="lead"><strong>Results that do not match the f64 twin: ${mismatches.length}. Their kernels and plans were not timed.</strong></p>
<ul class="lead">${mismatches.map((mismatch) => `<li>${escapeHtml(mismatch)}</li>`).join('')}</ul>`
      : '';
  return `<p class="lead">${escapeHtml(checked)}</p>${failed}`;
}

function rooflineFigure(document: BenchDocument): string {
  const { peak, entries } = document;
  const count = (kind: BenchEntry['kind']): number =>
    entries.filter((entry) => entry.kind === kind && entry.flops > 0).length;
  const label =
    `Roofline chart: GFLOP/s over FLOPs per byte for ${count('plan')} plans and ${count('kernel')} kernels, under a roof ` +
    `of ${rate(peak.copy.rate)} GB/s and ${rate(peak.fma.rate)} GFLOP/s.`;
  return figure(
    'Roofline',
    '<span class="key model"></span>Plans, by their useful arithmetic. <span class="key data"></span>Kernels, each at ' +
      'several shapes. The line is what memory can feed, up to the FMA peak. Points above the slope had their data in a cache.',
    twice(
      rooflineChart(document, { width: 1120, height: 520 }, label),
      rooflineChart(document, { width: 360, height: 380 }, label),
    ),
    'full',
  );
}

function planFigure(document: BenchDocument): string {
  const plans = document.entries.filter(({ kind }) => kind === 'plan');
  if (plans.length === 0) return '';
  const label =
    'Bar chart of the share of the FMA peak: ' +
    `${plans.map(({ name, shape, share }) => `${shape} ${name} ${percent(share.fma)}`).join('; ')}.`;
  return figure(
    'Plans',
    'Useful operations are 6 × weights × batch of a training step and 2 × weights × rows of a pass. Recomputed work does not count.',
    twice(planChart(document, 552, label), planChart(document, 360, label)),
    'half',
  );
}

function kernelFigure(document: BenchDocument): string {
  const kernels = document.entries.filter(({ kind }) => kind === 'kernel');
  if (kernels.length === 0) return '';
  const label = `Dot chart of ${kernels.length} kernel measurements, each as the share of its roof that it reaches.`;
  return figure(
    'Kernels',
    '<span class="key model"></span>Bound by arithmetic. <span class="key data"></span>Bound by memory; beyond 100 % the data came from a cache.',
    twice(kernelChart(document, 552, label), kernelChart(document, 360, label)),
    'half',
  );
}

function batchFigure({ batches = [] }: BenchDocument): string {
  if (batches.length === 0) return '';
  const words = batches.map(fullText).join(' ');
  return figure(
    'Batches',
    `${escapeHtml(words)} ${FULL_NOTE}`,
    twice(batchChart(batches, 1120, words), batchChart(batches, 360, words)),
    'full',
  );
}

function batchTable({ batches = [] }: BenchDocument): string {
  const rows = batches.flatMap((sweep) =>
    sweep.steps.map((step) => [sweep.flow, ...batchCells(step, sweep)]),
  );
  return numberTable('Batches, in numbers', 1, ['flow', ...BATCH_HEAD], rows);
}

function launchTable(document: BenchDocument): string {
  const rows = stepsOfFlows(document).flatMap((entry) =>
    launchRows(entry, document).map((cells, index) => [index === 0 ? entry.shape : '', ...cells]),
  );
  const head = ['training step', ...LAUNCH_HEAD];
  return numberTable('Dispatches of a training step', 2, head, rows, launchNote(document));
}

/** A table whose rows begin with `words` columns of text; nothing without rows. */
function numberTable(
  title: string,
  words: number,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  note?: string,
): string {
  if (rows.length === 0) return '';
  const heads = head.map(
    (cell, index) =>
      `<th scope="col"${index >= words ? ' class="number"' : ''}>${cell.charAt(0).toUpperCase()}${cell.slice(1)}</th>`,
  );
  const body = rows.map(([name = '', ...cells]) => {
    const others = cells.map(
      (cell, index) => `<td${index + 1 >= words ? ' class="number"' : ''}>${escapeHtml(cell)}</td>`,
    );
    return `<tr><th scope="row">${escapeHtml(name)}</th>${others.join('')}</tr>`;
  });
  const below = note === undefined ? '' : `<p>${escapeHtml(note)}</p>`;
  return (
    `<section class="facts full entries"><h2>${title}</h2><div class="scroll"><table><thead><tr>${heads.join('')}</tr></thead>` +
    `<tbody>${body.join('')}</tbody></table></div>${below}</section>`
  );
}

function entryTable(title: string, document: BenchDocument, kind: BenchEntry['kind']): string {
  const rows = sorted(document.entries.filter((entry) => entry.kind === kind));
  if (rows.length === 0) return '';
  const head = [
    ...(kind === 'plan' ? ['Plan', 'Flow', 'Kernels', 'Chunks', 'ns a row'] : ['Kernel', 'Taken from']),
    'ms',
    '±',
    'GFLOP/s',
    'of peak',
    'GB/s',
    'of peak',
  ];
  const body = rows.map((entry, index) => {
    const { name, shape, time, gflops, gbPerSecond, share } = entry;
    const isSame = rows[index - 1]?.name === name && kind === 'kernel';
    const [kernels, ...pieces] = kind === 'plan' ? planCells(entry, document) : [];
    const numbers = [
      ...pieces,
      milliseconds(time.medianMs),
      spread(entry).slice(2),
      rate(gflops),
      percent(share.fma),
      rate(gbPerSecond),
      percent(share.copy),
    ];
    return (
      `<tr><th scope="row">${isSame ? '' : `<code>${escapeHtml(name)}</code>`}</th><td>${escapeHtml(shape)}</td>` +
      (kernels === undefined ? '' : `<td>${escapeHtml(kernels)}</td>`) +
      `${numbers.map((cell) => `<td class="number">${escapeHtml(cell)}</td>`).join('')}</tr>`
    );
  });
  const words = kind === 'plan' ? 3 : 2;
  const heads = head.map(
    (cell, index) => `<th scope="col"${index >= words ? ' class="number"' : ''}>${cell}</th>`,
  );
  const note = rows.some(({ chunks }) => chunks > 1) ? `<p>${CHUNKS_NOTE}</p>` : '';
  return (
    `<section class="facts full entries"><h2>${title}, in numbers</h2><div class="scroll"><table><thead><tr>${heads.join('')}</tr></thead>` +
    `<tbody>${body.join('')}</tbody></table></div>${note}</section>`
  );
}

function facts(document: BenchDocument): string {
  const { adapter, wgflow, clock, peak, fixedVariants } = document;
  const rows: [string, string][] = [
    ['Adapter', `${adapterName(adapter)}${adapter.software ? ' (software, no GPU)' : ''}`],
    ['Features', adapter.features.join(', ')],
    ['Clock', clock],
    ['Precision', precisionText(document)],
    ['FMA peak', `${rate(peak.fma.rate)} GFLOP/s by ${peak.fma.layout}`],
    ['Copy peak', `${rate(peak.copy.rate)} GB/s, bytes read and bytes written, by ${peak.copy.layout}`],
    ['Empty dispatch', launchText(peak)],
    ['Fixed table', variantsText(fixedVariants)],
    ['wgflow', wgflow],
  ];
  const body = rows.map(
    ([label, value]) => `<tr><th scope="row">${escapeHtml(label)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<section class="facts full"><h2>Run</h2><table><tbody>${body.join('')}</tbody></table></section>`;
}

/** Two drawings; the style sheet shows the one that fits. A scaled drawing would be illegible on a phone. */
function twice(wide: Chart, narrow: Chart): string {
  return `<div class="if-wide">${svg(wide)}</div><div class="if-narrow">${svg(narrow)}</div>`;
}

/** @param caption HTML */
function figure(title: string, caption: string, chart: string, kind: string): string {
  return `<figure class="${kind}"><h2>${escapeHtml(title)}</h2>${chart}<figcaption>${caption}</figcaption></figure>`;
}
