/** Benchmark documents for tests. */
import type { BenchDocument, BenchEntry } from '../../src/measure/index.ts';
import { summarize } from '../../src/measure/statistics.ts';

export function entry(changes: Partial<BenchEntry> & { samples?: number[] } = {}): BenchEntry {
  const { samples = [1, 1, 1], ...rest } = changes;
  return {
    kind: 'kernel',
    name: 'dense_forward',
    shape: 'train_step, L, 1,024 rows: inputs 21, outputs 256',
    rows: 1024,
    variant: 'dense_forward[ACTIVATION=2]',
    chunks: 1,
    variants: { regime: 'fused', lanes: 8 },
    flops: 2e6,
    bytes: 1e6,
    time: summarize(samples, 1),
    gflops: 2,
    gbPerSecond: 1,
    share: { fma: 0.02, copy: 0.1 },
    error: 0.3,
    ...rest,
  };
}

export function document(changes: Partial<BenchDocument> = {}): BenchDocument {
  const time = summarize([1, 2, 3], 1);
  return {
    format: 'wgflow-bench',
    version: 1,
    wgflow: '0.1.0',
    adapter: {
      vendor: 'vendor',
      architecture: '',
      device: '',
      description: 'Some <adapter>',
      software: true,
      subgroupMinSize: 8,
      subgroupMaxSize: 8,
      features: ['subgroups'],
      limits: { maxBufferSize: 1 },
    },
    clock: 'GPU timestamps',
    precision: 'f32',
    fixedVariants: { regime: 'fused', lanes: 8 },
    peak: {
      fma: { rate: 100, layout: '8 chains', time },
      copy: { rate: 10, layout: '64 MiB', time },
      launch: summarize([0.002, 0.002, 0.002], 64),
    },
    entries: [
      entry({ kind: 'plan', name: 'train_step', shape: 'S, 512 rows', variant: '9 launches' }),
      entry(),
      entry({ shape: 'train_step, S, 512 rows', flops: 0, gflops: 0, share: { fma: 0, copy: 1.4 } }),
      entry({ name: 'batch_gather', shape: 'train_step, S, 512 rows' }),
    ],
    mismatches: [],
    ...changes,
  };
}
