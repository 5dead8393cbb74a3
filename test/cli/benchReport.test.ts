import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { benchReport } from '../../src/cli/benchReport.ts';
import { amount, duration, milliseconds, percent, rate } from '../../src/measure/format.ts';
import { comparisonTables, runTables } from '../../src/cli/benchTables.ts';
import { compareRuns } from '../../src/measure/index.ts';
import type { BenchDocument } from '../../src/measure/index.ts';
import { document, entry } from '../measure/documents.ts';

describe('benchReport', () => {
  const html = benchReport(document());
  const page = parseHTML(html).document;

  it('has a roofline, plans and kernels as charts with text alternatives', () => {
    expect([...page.querySelectorAll('figure h2')].map((title) => title.textContent)).toEqual([
      'Roofline',
      'Plans',
      'Kernels',
    ]);
    const charts = [...page.querySelectorAll('svg')];
    expect(charts.length).toBe(6);
    for (const chart of charts) {
      expect(chart.getAttribute('role')).toBe('img');
      expect(chart.getAttribute('aria-label')).toMatch(/^[A-Z].{30,}\.$/);
    }
    expect(charts[0]!.textContent).toContain('FMA peak 100 GFLOP/s');
    expect(charts[0]!.textContent).toContain('copy peak 10.0 GB/s');
    expect(charts[0]!.textContent).toContain('S train step');
  });

  it('asks for nothing and runs nothing', () => {
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script|<link|<img|\ssrc=|href=/);
  });

  it('takes names as text', () => {
    expect(html).toContain('Some &lt;adapter&gt;');
    expect(html).not.toContain('<adapter>');
  });

  it('has every entry in a table, a kernel named once', () => {
    const rows = [...page.querySelectorAll('.entries tbody tr')].map((row) =>
      [...row.querySelectorAll('th, td')].map((cell) => cell.textContent),
    );
    expect(rows.map(([name, shape]) => [name, shape])).toEqual([
      ['train_step', 'S, 512 rows'],
      ['batch_gather', 'train_step, S, 512 rows'],
      ['dense_forward', 'train_step, L, 1,024 rows: inputs 21, outputs 256'],
      ['', 'train_step, S, 512 rows'],
    ]);
    expect(rows[0]!.slice(2)).toEqual(['fixed table', '1', '977', ...rows[1]!.slice(2)]);
    expect(rows[1]!.slice(2)).toEqual(['1.00', '0 %', '2.00', '2.0 %', '1.00', '10 %']);
  });

  it('tells plans of one pass apart by their rows', () => {
    const sizes = [10_000, 10_000_000, 8192].map((rows) =>
      entry({ kind: 'plan', name: 'log_prob', shape: `S, ${rows.toLocaleString('en')} rows`, rows }),
    );
    const bars = parseHTML(benchReport(document({ entries: sizes }))).document.querySelectorAll('svg')[2];
    for (const name of ['10K', '10M', '8.192K']) expect(bars!.textContent).toContain(`S log prob, ${name}`);
  });

  it('tells the time of an empty dispatch, unless the run is older than that', () => {
    const tiles = (run: BenchDocument): string[] =>
      [...parseHTML(benchReport(run)).document.querySelectorAll('.tiles div')].map(
        (tile) => tile.textContent ?? '',
      );
    expect(tiles(document())).toContain('Empty dispatch2.00 µs');
    const { launch: _, ...peak } = document().peak;
    const old = document({ peak });
    expect(tiles(old).join()).not.toContain('Empty dispatch');
    expect(benchReport(old)).toContain('not measured by this version of wgflow');
    expect(runTables(document())).toMatch(/Empty dispatch +│ 2\.00 µs, in a pass of many/);
  });

  it('has the dispatches of a training step, with what bounds each, and all together', () => {
    const kind = { variant: 'a', workgroups: 1024, groupSize: 64, flops: 2e6, bytes: 1e6 };
    const launches = [
      { ...kind, kernel: 'dense_forward', count: 3 },
      { ...kind, kernel: 'step_record', count: 1, flops: 2, bytes: 20 },
    ];
    const step = entry({ kind: 'plan', name: 'train_step', shape: 'S, 512 rows', launches });
    const run = document({ entries: [step, { ...step, shape: 'S, 1,024 rows' }] });
    const text = runTables(run);
    expect(text).toMatch(
      /│ S, 512 rows +│ 3 × dense_forward │ 1,024 × 64 │ 8,192 +│ 2\.00 +│ 102 µs +│ – +│ memory +│/,
    );
    expect(text).toMatch(/│ +│ step_record .*│ 2\.00 µs +│ – +│ launch +│/);
    expect(text).toMatch(/│ +│ 4 dispatches +│ +│ +│ +│ 308 µs +│ 1\.00 ms +│ +│/);
    expect(text).not.toMatch(/│ S, 1,024 rows +│ 3 × dense_forward/);
    expect(text).toContain('Subgroups have 8 lanes.');
    const report = parseHTML(benchReport(run)).document.body.textContent;
    expect(report).toContain('S, 512 rows3 × dense_forward1,024 × 648,1922.00102 µs–memory');
    expect(html).not.toContain('Dispatches of a training step');
  });

  it('has the batches of a sweep in a chart and a table, and says where the adapter is full', () => {
    const steps = [
      { batch: 512, ms: 1, rowsPerSecond: 512_000 },
      { batch: 1024, ms: 1, rowsPerSecond: 1_024_000 },
      { batch: 2048, ms: 1.9, rowsPerSecond: 1_077_895 },
    ];
    const sweep = document({ batches: [{ flow: 'S <1>', steps, fullFrom: 1024 }] });
    const report = parseHTML(benchReport(sweep)).document;
    const [figure] = [...report.querySelectorAll('figure')].filter(
      (each) => each.querySelector('h2')?.textContent === 'Batches',
    );
    expect(figure!.querySelector('figcaption')!.textContent).toBe(
      'S <1>: the adapter is full from 1,024 rows on. An adapter is full from the smallest batch on that has 90 % of the best rate.',
    );
    expect(figure!.querySelectorAll('svg').length).toBe(2);
    expect(figure!.querySelector('svg')!.querySelectorAll('circle').length).toBe(steps.length);
    expect(report.body.textContent).toContain('S <1>1,0241.001.02 M95 %');
    expect(html).not.toContain('Batches');
    const text = runTables(sweep);
    expect(text).toMatch(/│ S <1> │ 512 +│ 1\.00 +│ 512 k +│ 47 % +│/);
    expect(text).toContain('S <1>: the adapter is full from 1,024 rows on.');
  });

  it('tells the precision', () => {
    const half = benchReport(document({ precision: 'f16' }));
    expect(half).toContain('Nets are stored as f16.');
    expect(half).toMatch(/>Precision<\/th><td>f16: weights and hidden activations of nets;/);
    expect(html).toContain('>Precision</th><td>f32</td>');
  });

  it('tells what did not match', () => {
    const failed = benchReport(document({ mismatches: ['standard_normal_log_prob: nll is 3 times <off>'] }));
    expect(failed).toContain('do not match the f64 twin: 1.');
    expect(failed).toContain('nll is 3 times &lt;off&gt;');
  });

  it('does without plans or kernels', () => {
    const one = benchReport(
      document({ entries: [entry({ kind: 'plan', name: 'forward', shape: 'S, 8 rows' })] }),
    );
    expect(parseHTML(one).document.querySelectorAll('figure').length).toBe(2);
    expect(benchReport(document({ entries: [] }))).toContain('Roofline');
  });

  it('is the same text for the same document', () => expect(benchReport(document())).toBe(html));
});

describe('the tables of a run', () => {
  it('say the adapter, the clock, the peaks, and plans before kernels', () => {
    const text = runTables(document());
    expect(text).toContain('GPU timestamps');
    expect(text).toContain('100 GFLOP/s: 8 chains');
    expect(text.indexOf('│ train_step')).toBeLessThan(text.indexOf('│ batch_gather'));
    expect(text).toMatch(/dense_forward .*│ memory, 140 % /);
  });

  it('say the precision', () => {
    expect(runTables(document())).toMatch(/Precision +│ f32 /);
    expect(runTables(document({ precision: 'f16' }))).toMatch(/Precision +│ f16: weights and hidden /);
  });

  it('say of each plan its kernels, the chunks of its rows and the time of a row, and how chunks are timed', () => {
    const plan = {
      kind: 'plan',
      name: 'log_prob',
      shape: 'S, 1,000,000 rows',
      rows: 1_000_000,
      chunks: 123,
      samples: [250, 250, 250],
      variants: { regime: 'fused', lanes: 4 },
    } as const;
    const text = runTables(document({ entries: [entry({ ...plan, samples: [...plan.samples] })] }));
    expect(text).toMatch(/Fixed table +│ fused, lanes 8 /);
    expect(text).toMatch(/log_prob +│ S, 1,000,000 rows +│ lanes 4 +│ 123 +│ 250 +│ 250 /);
    expect(text).toMatch(
      /\nRows in more than one chunk are timed like a call of the library: by the wall clock/,
    );
    expect(runTables(document())).not.toContain('in more than one chunk');
  });

  it('sort changes by their size, each as times faster or slower', () => {
    const times = (samples: number[][]) =>
      document({ entries: samples.map((each, i) => entry({ shape: `case ${i}`, samples: each })) });
    const text = comparisonTables(
      compareRuns(
        times([
          [10, 10],
          [10, 10],
          [10, 10],
          [10, 10],
        ]),
        times([
          [8, 8],
          [5, 5],
          [10, 10],
          [15, 15],
        ]),
      ),
    );
    expect(text).toMatch(/case 1 .*2\.00 × faster.*\n.*case 0 .*1\.25 × faster/);
    expect(text).toMatch(/case 3 .*1\.50 × slower/);
    expect(text).toMatch(/^2 faster, 1 slower, 1 the same within the noise\.$/m);
  });

  it('write numbers in three digits', () => {
    expect([1234.5, 12.345, 0.0123456, 0.00123456].map(milliseconds)).toEqual([
      '1,235',
      '12.3',
      '0.0123',
      '0.0012',
    ]);
    expect([0.00231, 0.0456, 0.2345, 1.234].map(duration)).toEqual([
      '2.31 µs',
      '45.6 µs',
      '235 µs',
      '1.23 ms',
    ]);
    expect([0, 512, 1000, 13_500, 2.5e6, 999.9, 3e16].map(amount)).toEqual([
      '0',
      '512',
      '1.00 k',
      '13.5 k',
      '2.50 M',
      '1000',
      '30000 T',
    ]);
    expect([12_345.6, 123.456, 0.0123, 0.0001, 0].map(rate)).toEqual([
      '12,346',
      '123',
      '0.012',
      '< 0.001',
      '–',
    ]);
    expect([1.234, 0.5, 0.056, 0].map(percent)).toEqual(['123 %', '50 %', '5.6 %', '–']);
  });
});
