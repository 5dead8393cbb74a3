/** The report of a training run: one self-contained HTML page. */
import { escapeHtml } from './escapeHtml.ts';
import { htmlPage } from './htmlPage.ts';
import { finalMedian } from './lossCurve.ts';
import { columnsSection } from './report/columnFigures.ts';
import { togetherSection } from './report/coverageFigures.ts';
import type { Findings } from './report/findings.ts';
import { cards, section } from './report/html.ts';
import type { Curves } from './report/lossChart.ts';
import { pairsSection } from './report/pairFigures.ts';
import { picturesSection } from './report/pictures.ts';
import type { Pictures } from './report/pictures.ts';
import { trainingFigure } from './report/trainingFigure.ts';
import { verdictOf } from './report/verdict.ts';
import { worstRowsSection } from './report/worstRows.ts';
import { nats, wholePercent } from './report/words.ts';

export interface ReportInput extends Pictures, Omit<Curves, 'bestStep' | 'shift'> {
  /** Heading of the page; any text, also a file name. */
  title: string;
  /** How the samples compare with the data, and how the run went. */
  findings: Findings;
  /** NLL on data that training never saw, in nats. */
  testNll?: number;
  /** The remaining facts: model, adapter, steps, times, seed. */
  facts: [label: string, value: string][];
}

/**
 * One self-contained HTML page: no script, no request, light or dark like the reader's system, printable. It says what to
 * trust of the model, shows its columns, pairs of columns and least likely rows, the training curve and the facts; for two
 * columns also their density. Equal input gives equal text. Scatters show 3000 points at most.
 *
 * @throws {ShapeError} if pairs, density or losses do not have their declared sizes
 */
export function renderReport(input: ReportInput): string {
  const { findings, dim, facts } = input;
  const { columns, pairs, rows, worst, skipped, bestStep, cellNats: shift } = findings;
  const curves = {
    ...input,
    ...(bestStep !== undefined && { bestStep }),
    ...(shift !== undefined && { shift }),
  };
  const training = trainingFigure(curves, skipped);
  const isPlane = dim === 2;
  // The pictures of a plane show its only pair of numbers.
  const isShown = isPlane && columns.every(({ column }) => column.kind === 'number');
  return htmlPage(
    input.title,
    [
      `<header>\n<h1>${escapeHtml(input.title)}</h1>`,
      headline(input),
      verdictList(findings),
      '</header>',
      isPlane ? picturesSection(input, [training]) : '',
      columnsSection(columns, rows),
      isShown ? '' : pairsSection(pairs, columns.length, rows),
      togetherSection(findings),
      worstRowsSection(worst, rows),
      isPlane
        ? section('Run', '', cards([factsCard(facts, 'full')]))
        : section('Training', '', cards([training, factsCard(facts)])),
      isPlane ? '' : picturesSection(input),
    ]
      .filter((part) => part !== '')
      .join('\n'),
  );
}

/** The gap between test NLL and entropy in words. */
export function gapInWords(testNll: number, entropy: number): string {
  const gap = testNll - entropy;
  const size = `${nats(Math.abs(gap))} nats`;
  if (!Number.isFinite(gap))
    return 'The test NLL is not finite: the model gives some test points no density.';
  if (gap < 0) {
    return (
      `The test NLL is ${size} below the exact entropy, the average that no model can beat: ` +
      'the test set is finite, so this much is chance.'
    );
  }
  return (
    `The test NLL is ${size} above the exact entropy, the lowest that any model can reach. ` +
    `The gap is the Kullback–Leibler divergence from the data to the model: ` +
    `on (geometric) average the model gives a point ${wholePercent(Math.exp(-gap))} of its true density.`
  );
}

function headline({ testNll, entropy, losses, findings }: ReportInput): string {
  const { validationNll, nll, cellNats = 0 } = findings;
  const tiles: [label: string, value: string][] = [];
  const training = nll?.training ?? finalMedian(losses);
  if (testNll !== undefined) tiles.push(['Test NLL', nats(testNll)]);
  else if (nll !== undefined) tiles.push(['Training rows, NLL', nats(nll.training)]);
  else if (training !== undefined) tiles.push(['Training NLL, last steps', nats(training + cellNats)]);
  if (validationNll !== undefined) tiles.push(['Validation NLL, best', nats(validationNll)]);
  if (entropy !== undefined) tiles.push(['Exact entropy', nats(entropy)]);
  if (testNll !== undefined && entropy !== undefined) tiles.push(['Gap', nats(testNll - entropy)]);
  const tileList = tiles.map(
    ([label, value]) => `<div><dt>${label}</dt><dd>${value} <span class="unit">nats</span></dd></div>`,
  );
  const words = testNll !== undefined && entropy !== undefined ? [gapInWords(testNll, entropy)] : [];
  const text = words.map((sentence) => `<p class="lead">${escapeHtml(sentence)}</p>`);
  return [tiles.length > 0 ? `<dl class="tiles">${tileList.join('')}</dl>` : '', ...text].join('\n');
}

const SIGNS = { bad: ['✗', 'against the model'], note: ['!', 'worth a look'], good: ['✓', 'for the model'] };

function verdictList(findings: Findings): string {
  const items = verdictOf(findings).map(({ tone, words }) => {
    const [sign = '', meaning = ''] = SIGNS[tone];
    return `<li class="${tone}"><span role="img" aria-label="${meaning}">${sign}</span>${escapeHtml(words)}</li>`;
  });
  return items.length === 0 ? '' : `<h2>What to trust</h2><ul class="verdict">${items.join('')}</ul>`;
}

export function factsCard(facts: ReportInput['facts'], kind = ''): string {
  if (facts.length === 0) return '';
  const rows = facts.map(
    ([label, value]) => `<tr><th scope="row">${escapeHtml(label)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<section class="facts ${kind}"><h3>Facts</h3><table><tbody>${rows.join('')}</tbody></table></section>`;
}
