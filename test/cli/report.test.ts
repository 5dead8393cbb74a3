import { decode } from 'fast-png';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { gapInWords, renderReport } from '../../src/cli/report.ts';
import type { ReportInput } from '../../src/cli/report.ts';
import { ShapeError } from '../../src/errors.ts';
import { findings, labels, numbers } from './report/madeUp.ts';

/** Points on a circle: n pairs, the same on every run. */
function circle(n: number, radius = 1): Float32Array {
  return Float32Array.from({ length: 2 * n }, (_, i) => {
    const angle = (Math.floor(i / 2) / n) * 2 * Math.PI;
    return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
  });
}

const JUDGED = findings();

function input(changes: Partial<ReportInput> = {}): ReportInput {
  const steps = Array.from({ length: 400 }, (_, i) => i + 1);
  return {
    title: 'circle',
    columns: ['a', 'b'],
    columnCount: 2,
    dim: 2,
    data: circle(500),
    samples: circle(500, 0.9),
    latent: circle(400, 0.5),
    density: {
      xDomain: [-2, 2],
      yDomain: [-2, 2],
      width: 3,
      height: 2,
      logDensity: Float32Array.of(-1, -3, -20, -20, -20, NaN),
    },
    losses: { step: steps, nll: steps.map((step) => 0.7 + 9 * Math.exp(-step / 20)) },
    findings: JUDGED,
    entropy: 0.6215,
    testNll: 0.7032,
    facts: [['Seed', '7']],
    ...changes,
  };
}

function page(changes: Partial<ReportInput> = {}) {
  const html = renderReport(input(changes));
  const { document } = parseHTML(html);
  const figures = [...document.querySelectorAll('figure')];
  const figure = (title: string) => figures.find((f) => f.querySelector('h3')?.textContent === title);
  return { html, document, figures, figure };
}

describe('renderReport', () => {
  it('shows data, samples, density, latent points, training and columns, each with a text alternative', () => {
    const { document, figures } = page();
    expect(figures.map((f) => f.querySelector('h3')?.textContent)).toEqual([
      'Data',
      'Samples',
      'Density',
      'Latent',
      'Loss',
      'b',
      'a',
      'Coverage',
      'log p',
    ]);
    const charts = [...document.querySelectorAll('svg')];
    expect(charts.map((chart) => chart.getAttribute('role'))).toEqual(charts.map(() => 'img'));
    for (const chart of charts) expect(chart.getAttribute('aria-label')).toMatch(/^[A-Z].{30,}\.$/);
    for (const f of figures) expect(f.querySelector('svg')).not.toBeNull();
  });

  it('counts an axis from a round number if its ends differ in the last digits only', () => {
    const far = Float64Array.from(circle(500), (value, i) => value + (i % 2 === 0 ? 5_400_000 : 0));
    const { density: _, ...rest } = input({
      data: far,
      samples: far,
      dim: 3,
      columnCount: 3,
      columns: ['northing', 'b'],
    });
    const { document } = parseHTML(renderReport(rest));
    const figures = [...document.querySelectorAll('figure')];
    const scatter = figures.find((f) => f.querySelector('h3')?.textContent === 'Data');
    expect(scatter?.textContent).toContain('northing − 5,400,000');
    expect(scatter?.textContent).toContain('−0.5');
    const label = scatter?.querySelector('svg')?.getAttribute('aria-label');
    expect(label).toContain(
      '500 of 500 points with northing from 5399998.9 to 5400001.1 and b from -1.1 to 1.1',
    );
  });

  it('asks for nothing outside itself and runs no script', () => {
    const { html, document } = page();
    expect(document.querySelectorAll('script, link, iframe, object, img, use, a')).toHaveLength(0);
    const sources = [...document.querySelectorAll('image')].map((image) => image.getAttribute('href') ?? '');
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources) expect(source).toMatch(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/);
    // XML namespace names look like addresses but are not.
    const rest = html.replace(/xmlns(?::xlink)?="[^"]*"/g, '');
    expect(rest.match(/https?:|url\(|@import/g)).toBeNull();
  });

  it('is the same text for the same input', () => {
    expect(renderReport(input())).toBe(renderReport(input()));
  });

  it('escapes titles, column names and facts', () => {
    const text = `<script>alert("x")</script> & 'y' &amp;`;
    const { html, document } = page({
      title: text,
      columns: [text, 'b'],
      facts: [[text, text]],
      dim: 3,
      columnCount: 3,
    });
    // As a boolean, so that a failure does not print the page.
    expect(html.includes('<script')).toBe(false);
    expect(document.title).toBe(text);
    expect(document.querySelector('h1')?.textContent).toBe(text);
    expect(document.querySelector('.facts td')?.textContent).toBe(text);
    expect(document.querySelector('.facts th')?.textContent).toBe(text);
    expect(document.body.textContent).toContain(`two of them, ${text} and b`);
    const named = [...document.querySelectorAll('svg')].map((svg) => svg.getAttribute('aria-label'));
    expect(named.some((label) => label?.includes(text))).toBe(true);
    expect([...document.querySelectorAll('svg text')].map((label) => label.textContent)).toContain(text);
  });

  it('shows at most 3000 points of each cloud and stays under 1.5 MB', () => {
    const many = circle(100_000);
    const grid = {
      width: 200,
      height: 200,
      logDensity: Float32Array.from({ length: 40_000 }, (_, i) => Math.sin(i)),
    };
    const steps = Array.from({ length: 100_000 }, (_, i) => i);
    const { html, figure } = page({
      data: many,
      samples: many,
      latent: many,
      density: { xDomain: [-2, 2], yDomain: [-2, 2], ...grid },
      losses: { step: steps, nll: steps.map((step) => Math.sin(step * 7)) },
    });
    for (const title of ['Data', 'Samples', 'Latent']) {
      expect(figure(title)?.querySelectorAll('circle')).toHaveLength(3000);
    }
    expect(html.length).toBeLessThan(1_500_000);
  });

  it('draws data and samples on the same axes, and says what falls outside or is not finite', () => {
    const samples = circle(500);
    samples.set([50, 0, NaN, 1, 0, -Infinity]);
    const { figure } = page({ samples });
    const ticks = (title: string) =>
      [...(figure(title)?.querySelectorAll('text') ?? [])].map((text) => text.textContent);
    expect(ticks('Samples')).toEqual(ticks('Data'));
    expect(figure('Samples')?.querySelectorAll('circle')).toHaveLength(497);
    const caption = figure('Samples')?.querySelector('figcaption')?.textContent;
    expect(caption).toContain('Outside these axes: 1 of 500 points.');
    expect(caption).toContain('Not finite: 2 of 500 points.');
    expect(figure('Data')?.querySelector('figcaption')?.textContent).not.toMatch(/Outside|finite/);
  });

  it.each([
    [250_000, '200k'],
    [0.004, '4e-3'],
    [200, '200'],
  ])('writes axis numbers of data near %d in as little room as %s', (scale, tick) => {
    const { figure } = page({ data: circle(500, scale), samples: circle(500, scale), density: undefined });
    const ticks = [...(figure('Data')?.querySelectorAll('text') ?? [])].map((text) => text.textContent ?? '');
    expect(ticks).toContain(tick);
    for (const text of ticks) expect(text.length).toBeLessThanOrEqual(6);
  });

  it('draws the density with row 0 at the bottom, bright where it is high', () => {
    const { figure } = page();
    const source = figure('Density')?.querySelector('image')?.getAttribute('href') ?? '';
    const png = decode(Buffer.from(source.replace(/^.*base64,/, ''), 'base64'));
    expect([png.width, png.height, png.channels]).toEqual([3, 2, 3]);
    const brightness = Array.from({ length: 6 }, (_, cell) =>
      [0, 1, 2].reduce((sum, channel) => sum + (png.data[3 * cell + channel] ?? 0), 0),
    );
    const [darkest] = [...brightness].sort((a, b) => a - b);
    expect(brightness.slice(0, 3)).toEqual([darkest, darkest, darkest]);
    expect(brightness[3]).toBeGreaterThan(brightness[4]!);
    expect(brightness[4]).toBeGreaterThan(brightness[5]!);
  });

  it('labels the exact entropy on the training curve when it is known, and states the gap', () => {
    const known = page();
    expect(known.figure('Loss')?.textContent).toContain('exact entropy 0.622');
    expect(known.document.querySelector('header')?.textContent).toContain(
      '0.082 nats above the exact entropy',
    );
    const unknown = page({ entropy: undefined });
    expect(unknown.document.body.textContent).not.toContain('entropy');
    const training = page({ entropy: undefined, testNll: undefined });
    expect(training.document.querySelector('header')?.textContent).toContain(
      'Training NLL, last steps0.700 nats',
    );
  });

  it('keeps the training curve readable under spikes and says how many steps it cuts', () => {
    const { step } = input().losses;
    const nll = Array.from(step, (at) => 1 + 0.1 * Math.sin(at));
    const calm = page({ losses: { step, nll } }).figure('Loss');
    nll[200] = 1e30;
    nll[201] = NaN;
    nll[202] = Infinity;
    const wild = page({ losses: { step, nll } }).figure('Loss');
    expect(calm?.textContent).not.toContain('Above the chart');
    expect(wild?.textContent).toContain('Above the chart: 3 of 400 steps.');
    const paths = [...(wild?.querySelectorAll('path') ?? [])].map((path) => path.getAttribute('d') ?? '');
    expect(paths.join(' ')).not.toMatch(/NaN|Infinity|e\+/);
    // The tick labels match the calm curve's: one spike does not change the axis.
    const labels = (figure: typeof calm) =>
      [...(figure?.querySelectorAll('text') ?? [])].map((t) => t.textContent);
    expect(labels(wild)).toEqual(labels(calm));
  });

  it('compares the latent points with the shares of a standard normal', () => {
    const latent = Float32Array.of(0.5, 0, 0, 1.5, -2.5, 0, 9, 9);
    expect(page({ latent }).figure('Latent')?.textContent).toContain('Within 1σ, 2σ, 3σ: 25 %, 50 %, 75 %');
  });

  it('writes the large ticks of a far axis in few letters', () => {
    const times = Float64Array.from(circle(500), (value, i) => (i % 2 === 0 ? 1.7e12 + 5e8 * value : value));
    const { figure } = page({ data: times, samples: times, dim: 3, columnCount: 3, columns: ['ts', 'b'] });
    const text = figure('Data')?.textContent ?? '';
    expect(text).toMatch(/ts − 1,[67]\d\d,000,000,000/);
    expect(text).toMatch(/\d+M|\dB/);
    expect(text).not.toMatch(/\d{6}/);
  });

  it('leaves out the density above two columns and names the two that it shows', () => {
    const { figure, document } = page({ dim: 5, columnCount: 4, columns: ['mass', 'charge'] });
    expect(figure('Density')).toBeUndefined();
    expect(document.body.textContent).toContain(
      'The model has 4 columns; the scatters show two of them, mass and charge.',
    );
    expect(figure('Latent')?.textContent).toContain('first two coordinates');
  });

  it('is still a page when nothing was recorded and nothing is finite', () => {
    const { figure, document } = page({
      data: new Float32Array(0),
      samples: Float32Array.of(NaN, NaN),
      latent: new Float32Array(0),
      density: {
        xDomain: [0, 1],
        yDomain: [0, 1],
        width: 1,
        height: 1,
        logDensity: Float32Array.of(-Infinity),
      },
      losses: { step: [], nll: [] },
      findings: findings({
        columns: [],
        logProb: { rows: [], samples: [] },
        worst: { columns: [], rows: [] },
      }),
      testNll: Infinity,
      facts: [],
    });
    expect(figure('Loss')?.textContent).toContain('This run took no steps.');
    expect(page({ losses: { step: [1], nll: [NaN] } }).figure('Loss')?.textContent).toContain(
      'No loss was finite.',
    );
    expect(figure('Density')?.textContent).toContain('The density is nowhere finite.');
    expect(document.querySelector('header')?.textContent).toContain('The test NLL is not finite');
    expect(document.querySelectorAll('table')).toHaveLength(0);
  });

  it('refuses arrays that do not have the sizes they claim', () => {
    expect(() => renderReport(input({ data: new Float32Array(3) }))).toThrow(ShapeError);
    expect(() => renderReport(input({ losses: { step: [1, 2], nll: [1] } }))).toThrow(ShapeError);
    const density = { ...input().density!, width: 4 };
    expect(() => renderReport(input({ density }))).toThrow(ShapeError);
  });
});

describe('the judgement in the report', () => {
  const HOSTILE = `<img src=x onerror=alert(1)> "&' `;

  it('begins with the verdict, each sentence with its sign', () => {
    const columns = [numbers('a'), numbers('b', {}, (value) => value + 1)];
    const { document } = page({ findings: findings({ columns }) });
    const sentences = [...document.querySelectorAll('header .verdict li')];
    expect(sentences.length).toBeGreaterThan(2);
    expect(sentences[0]?.textContent).toMatch(/^✗b: samples lie too high/);
    expect(sentences.at(-1)?.textContent).toMatch(/^✓/);
  });

  it('shows twelve of many columns, and the others in a table, in little time and room', () => {
    const columns = Array.from({ length: 100 }, (_, i) =>
      i % 3 === 0
        ? labels(`l${i}`, ['x', 'y', 'z'], [0.5, 0.3, 0.2])
        : numbers(`n${i}`, {}, (value) => value + i / 50),
    );
    const { html, document } = page({
      findings: findings({ columns }),
      dim: 100,
      columnCount: 100,
      density: undefined,
    });
    const charts = [...document.querySelectorAll('figure > .measure:first-of-type')];
    expect(charts.filter((one) => /^(?:KS|TV)/.test(one.textContent ?? ''))).toHaveLength(12);
    const rest = [...document.querySelectorAll('.entries')].find((one) =>
      one.textContent?.includes('measure'),
    );
    expect(rest?.querySelectorAll('tbody tr')).toHaveLength(88);
    expect(document.body.textContent).toContain('of 4,950 pairs');
    expect(html.length).toBeLessThan(1_500_000);
  });

  it('draws the calibration of a column if it is known, and says how much of it is outside its band', () => {
    const even = Array.from({ length: 400 }, (_, i) => (i + 0.5) / 400);
    const known = page({
      findings: findings({
        columns: [numbers('a', { pit: even }), numbers('b', { pit: even.map((u) => u ** 3) })],
      }),
    });
    expect(known.figure('a')?.textContent).toContain('0 of 20 bars outside the 99 % band.');
    expect(known.figure('b')?.textContent).toMatch(/[1-9]\d? of 20 bars outside/);
    expect(known.figure('a')?.querySelectorAll('svg')).toHaveLength(2);
    expect(page().figure('a')?.querySelectorAll('svg')).toHaveLength(1);
  });

  it('lists the least likely rows, and colours surprising cells if surprises are known', () => {
    const worst = { columns: ['a', 'b'], rows: [{ row: 1234, logProb: -9.5, cells: ['3.2', ''] }] };
    const plain = page({ findings: findings({ worst }) }).document;
    const cells = (document: Document) => [...document.querySelectorAll('.entries tbody td')];
    expect(cells(plain).map((cell) => cell.textContent)).toEqual(['1,234', '−9.50', '3.2', 'blank']);
    expect(plain.querySelector('.odd')).toBeNull();
    const odd = { ...worst, rows: worst.rows.map((row) => ({ ...row, surprise: [8, NaN] })) };
    const coloured = page({ findings: findings({ worst: odd }) }).document;
    expect(coloured.querySelector('.odd')?.textContent).toBe('3.2');
    expect(coloured.querySelectorAll('.odd')).toHaveLength(1);
    expect(coloured.body.textContent).toContain('A coloured cell is unlikely given the others in its row');
  });

  it('draws the scores with the best step, and adds what cells take from the losses', () => {
    const scores = { step: [100, 200, 300, 400], nll: [2.5, 2.2, 2.1, 2.15] };
    const judged = { ...findings({}, { bestStep: 300, skipped: 2 }), cellNats: 1.5 };
    const { figure } = page({ scores, findings: judged, entropy: undefined });
    expect(figure('Loss')?.textContent).toContain('best, step 300');
    expect(figure('Loss')?.querySelectorAll('.if-wide circle')).toHaveLength(4);
    expect(figure('Loss')?.textContent).toContain('1.50 nats are added');
    expect(figure('Loss')?.textContent).toContain('2 steps were skipped');
    expect(page().figure('Loss')?.textContent).not.toMatch(/best|added|skipped/);
  });

  it('escapes hostile names, labels and cells wherever it writes them', () => {
    const columns = [
      numbers(HOSTILE, {}, (value) => value + 1),
      labels(`${HOSTILE}2`, [HOSTILE, 'y'], [0.5, 0.5], [0.9, 0.1]),
      ...Array.from({ length: 13 }, (_, i) => numbers(`${HOSTILE}${i + 3}`)),
    ];
    const worst = { columns: [HOSTILE], rows: [{ row: 1, logProb: -3, cells: [HOSTILE] }] };
    const { html, document } = page({ findings: findings({ columns, worst }) });
    expect(html.includes('<img')).toBe(false);
    expect(document.querySelectorAll('img, script, [onerror]')).toHaveLength(0);
    expect(document.body.textContent).toContain(HOSTILE);
  });
});

describe('gapInWords', () => {
  it('calls a gap above the entropy a divergence and one below it chance', () => {
    expect(gapInWords(0.7, 0.6)).toContain('0.100 nats above');
    expect(gapInWords(0.7, 0.6)).toContain('90 % of its true density');
    expect(gapInWords(0.595, 0.6)).toContain('0.005 nats below');
    expect(gapInWords(NaN, 0.6)).toContain('not finite');
  });
});
