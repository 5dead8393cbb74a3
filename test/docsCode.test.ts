/** The code of README and docs: every block runs here, or is named below with the test that runs it, or with a reason. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as benchEntry from '../src/measure/index.ts';
import * as browserEntry from '../src/index.ts';
import * as ensembleEntry from '../src/ensemble.ts';
import * as onnxEntry from '../src/onnx/index.ts';
import * as pytorchEntry from '../src/pytorch.ts';
import * as referenceEntry from '../src/reference/index.ts';
import * as tableEntry from '../src/table.ts';
import type { BenchOptions } from '../src/measure/index.ts';
import type { FitOptions } from '../src/index.ts';
import { testDevice, testOptions } from './support/device.ts';
import { pythonWith } from './support/python.ts';

const { actnorm, affineCoupling, Flow, realnvp, stack, standardize, toyDensity } = browserEntry;
const ROOT = join(import.meta.dirname, '..');
const STEPS = 4;

interface Block {
  file: string;
  heading: string;
  /** From 1, in its section. */
  number: number;
  language: string;
  code: string;
  title: string;
}

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'shaders/README.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const blocks = documents.flatMap(blocksOf);

function blocksOf(file: string): Block[] {
  const counts = new Map<string, number>();
  let heading = '';
  return [
    ...readFileSync(join(ROOT, file), 'utf8').matchAll(/^#+ ([^\n]+)$|^```(\w+)\n(.*?)^```$/gms),
  ].flatMap(([, title, language, code = '']) => {
    if (title !== undefined) heading = title;
    if (language === undefined) return [];
    const key = `${heading} ${language}`;
    const number = (counts.get(key) ?? 0) + 1;
    counts.set(key, number);
    return [{ file, heading, number, language, code, title: `${file}, ${heading}, ${language} ${number}` }];
  });
}

const of = (language: string): Block[] => blocks.filter((block) => block.language === language);

/** Blocks that do not run here, by title. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/library.md, A run that outlives its tab, js 1': 'test/e2e/browser.test.ts',
  'docs/library.md, Set it up, html 1': 'test/e2e/consumers.test.ts, by its plain page',
  'docs/clusters.md, Slurm, bash 1': 'test/e2e/examples.test.ts, without Slurm',
  'docs/clusters.md, Slurm, bash 2': 'test/e2e/examples.test.ts, without Slurm',
  'docs/clusters.md, Kubernetes, yaml 1': 'never: it needs a cluster',
  'docs/onnx.md, In Python, python 1':
    'never: Debian has no ONNX Runtime for Python; test/onnx runs the same graphs',
  'docs/pytorch.md, A model from PyTorch, python 1':
    'never: Debian has no safetensors for Python; make_library_fixtures.py has the line',
};

it('no block is said to run elsewhere that does not exist, and no language is unknown', () => {
  const titles = blocks.map(({ title }) => title);
  expect(Object.keys(ELSEWHERE).filter((title) => !titles.includes(title))).toEqual([]);
  const known = ['js', 'ts', 'json', 'python', 'math', 'text', 'html', 'bash', 'yaml'];
  expect(blocks.filter(({ language }) => !known.includes(language)).map(({ title }) => title)).toEqual([]);
  const unrun = blocks.filter(({ language }) => ['html', 'bash', 'yaml'].includes(language));
  expect(unrun.map(({ title }) => title).filter((title) => !(title in ELSEWHERE))).toEqual([]);
});

type Given = Record<string, unknown>;

describe('JavaScript', () => {
  let device: GPUDevice;
  const flows: browserEntry.Flow[] = [];

  beforeAll(async () => {
    device = await testDevice();
    type Begin<Result> = (this: browserEntry.Flow, data: unknown, options: FitOptions) => Result;
    const { fit, train } = Flow.prototype as unknown as {
      fit: Begin<ReturnType<browserEntry.Flow['fit']>>;
      train: Begin<ReturnType<browserEntry.Flow['train']>>;
    };
    const few = (options: FitOptions = {}): FitOptions => ({ ...options, steps: STEPS });
    vi.spyOn(Flow.prototype, 'fit').mockImplementation(function (this: browserEntry.Flow, data, options) {
      return fit.call(this, data, few(options as FitOptions));
    });
    vi.spyOn(Flow.prototype, 'train').mockImplementation(function (this: browserEntry.Flow, data, options) {
      return train.call(this, data, few(options as FitOptions));
    });
    const load = Flow.load.bind(Flow);
    type Create = (
      spec: browserEntry.FlowSpec,
      options?: browserEntry.FlowOptions,
    ) => Promise<browserEntry.Flow>;
    const create = Flow.create.bind(Flow) as Create;
    vi.spyOn(Flow, 'create').mockImplementation(async (spec: unknown, options: unknown = {}) => {
      // Of a preset, the smallest flow: compiling takes most of the time.
      const few = { ...('dim' in (options as object) && { couplings: 2, hidden: [8] }) };
      const size = 'image' in (options as object) ? { levels: 1, depth: 1, width: 4 } : few;
      const given = { device, tuning: 'fixed', ...size, ...(options as object) } as browserEntry.FlowOptions;
      const flow = await create(spec as browserEntry.FlowSpec, given);
      flows.push(flow);
      return flow;
    });
    vi.spyOn(Flow, 'load').mockImplementation(async (source, options) => {
      const flow = await load(source, { device, tuning: 'fixed', ...options });
      flows.push(flow);
      return flow;
    });
  });

  afterEach(() => {
    for (const flow of flows.splice(0)) flow.dispose();
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  const points = (count = 500): Float32Array => toyDensity('moons').sample(1, 2, 0, count);
  const normals = (count: number, dim: number): Float32Array =>
    Float32Array.from(
      { length: count * dim },
      (_, i) => Math.sin(12.9898 * i) * 2 + Math.cos(78.233 * i * i),
    );
  const records = Array.from({ length: 120 }, (_, i) => ({
    city: i % 3 === 0 ? 'Oslo' : 'Lima',
    rooms: 1 + (i % 5),
    price: 300 + 40 * (i % 5) + 17 * Math.sin(i * i),
  }));
  const small = () => Flow.create(realnvp(2, { couplings: 2, hidden: [8] }));
  const trained = async (): Promise<browserEntry.Flow> => {
    const flow = await small();
    for await (const _ of flow.fit(points())) {
      // Only its steps matter.
    }
    return flow;
  };

  /** What a block uses without making it. */
  const GIVEN: Record<string, () => Promise<Given> | Given> = {
    'docs/library.md, What a flow can do, js 1': () => ({}),
    'docs/library.md, Many calls at once, js 1': async () => ({
      requests: [points(3), points(5)],
      flow: await Flow.create(
        stack([standardize(), actnorm(), affineCoupling({ conditioner: { hidden: [8] } })], { dim: 2 }),
      ),
    }),
    'docs/library.md, The gradient of the density, js 1': async () => ({ flow: await trained() }),
    'docs/library.md, Training options, js 1': async () => ({ flow: await small(), points: points() }),
    'docs/library.md, Rows that do not fit into memory, js 1': async () => ({
      flow: await small(),
      parts: ['a', 'b'],
      fetch: () => ({ arrayBuffer: () => points(500).buffer }),
    }),
    'docs/library.md, Tables, js 1': () => ({}),
    'docs/library.md, Tables, js 2': async () => {
      const rows = records.map(({ city, rooms, price }, i) => ({
        city,
        visits: rooms,
        rain: i % 7 === 0 ? null : price,
      }));
      const table = tableEntry.Table.infer(rows);
      const flow = await Flow.create(browserEntry.PRESETS.realnvp, {
        ...table.shape,
        couplings: 2,
        hidden: [8],
      });
      for await (const _ of table.fit(flow, rows)) {
        // Only its steps matter.
      }
      return { rows: rows.slice(0, 8), table, flow };
    },
    'docs/images.md, Bits per dimension, js 1': () => {
      const pixels = Float32Array.from({ length: 40 * 784 }, (_, i) =>
        Math.floor(128 + 127 * Math.sin(i * i)),
      );
      return { pixels, others: pixels.subarray(0, 2 * 784) };
    },
    'docs/pytorch.md, A model for PyTorch, js 1': async () => ({ flow: await trained() }),
    'docs/onnx.md, Models for ONNX Runtime, js 1': async () => ({ flow: await trained() }),
    'docs/onnx.md, In a page or in Node, js 1': async () => ({
      forward: (await onnxEntry.exportOnnx(await trained())).forward,
    }),
    'docs/cookbook.md, Anomaly scores, js 1': () => ({ usual: normals(400, 3), fresh: normals(20, 3) }),
    'docs/cookbook.md, Conditional sampling, js 1': () => ({
      rows: points(),
      kinds: Array.from({ length: 500 }, (_, i) => [i % 2 === 0 ? 'a' : 'b']),
    }),
    'docs/cookbook.md, Conditional sampling, js 2': () => ({ records }),
    'docs/cookbook.md, Synthetic rows, js 1': () => ({ records }),
    'docs/cookbook.md, A density on a web page, js 1': async () => ({ flow: await trained() }),
    'docs/cookbook.md, Training in a worker, js 1': () => ({
      ...worker(),
      // The script of a worker has no last line: its answers are awaited here.
      after: async () => {
        listener?.({ data: { points: points(), steps: 10 } });
        await vi.waitFor(() => expect(posted.at(-1)).toHaveProperty('model'), 60_000);
        lastModel = (posted.at(-1) as { model: Uint8Array }).model;
      },
    }),
    'docs/cookbook.md, Training in a worker, js 2': () => ({
      points: points(),
      Worker: class {
        #hear: (event: { data: unknown }) => void = () => undefined;
        addEventListener(kind: string, hear: (event: { data: unknown }) => void): void {
          if (kind === 'message') this.#hear = hear;
        }
        postMessage({ steps }: { steps: number }): void {
          expect(steps).toBe(1000);
          this.#hear({ data: { step: 1, nll: 2 } });
          this.#hear({ data: { model: lastModel } });
        }
      },
    }),
    'docs/cookbook.md, Many models on one device, js 1': () => ({ points: points() }),
    'docs/cookbook.md, Serving, js 1': async () => ({
      flow: await trained(),
      requests: [points(3), points(5)],
    }),
  };

  let posted: unknown[] = [];
  let lastModel: Uint8Array | undefined;
  let listener: ((event: { data: unknown }) => void) | undefined;
  const worker = (): Given => {
    posted = [];
    return {
      addEventListener: (_: string, hear: typeof listener) => (listener = hear),
      postMessage: (message: unknown) => posted.push(message),
    };
  };

  const open = async (): Promise<GPUDevice> => {
    // The code may destroy its device; the tests' lives on.
    return new Proxy(device, {
      get: (target, name) => {
        if (name === 'destroy') return () => undefined;
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  };
  const entries: Record<string, () => unknown> = {
    wgflow: () => browserEntry,
    'wgflow/node': () => ({ openDevice: open }),
    'wgflow/reference': () => referenceEntry,
    'wgflow/ensemble': () => ensembleEntry,
    'wgflow/onnx': () => onnxEntry,
    'wgflow/pytorch': () => pytorchEntry,
    'wgflow/table': () => tableEntry,
    'wgflow/bench': () => ({
      ...benchEntry,
      bench: (on: GPUDevice, options: BenchOptions) =>
        benchEntry.bench(on, {
          ...options,
          only: 'kernels',
          kernels: ['flow_forward'],
          rows: [64],
          quick: true,
        }),
    }),
    'node:fs/promises': () => ({
      // A state dict of nflows.
      readFile: () => readFileSync(join(ROOT, 'test', 'oracle', 'libraries', NFLOWS)),
    }),
    'onnxruntime-web': () => import('onnxruntime-web'),
  };
  const NFLOWS = 'nflows_simple_realnvp_d2.safetensors';

  it.each(
    of('js')
      .filter(({ title }) => !(title in ELSEWHERE))
      .map((block) => [block.title, block] as const),
  )('%s', async (title, { code }) => {
    const given: Given = { device, console: { log: () => undefined }, ...(await GIVEN[title]?.()) };
    const used = new Map<string, unknown>();
    const body = code
      .replaceAll(/^import (?:\* as )?(.+?) from '(.+?)';.*$/gm, (_, names: string, from: string) => {
        expect(Object.keys(entries)).toContain(from);
        used.set(from, undefined);
        return `const ${names} = entries.get('${from}');`;
      })
      .replaceAll('import.meta.url', "'file:///page.js'")
      .replace('rows: 13_000_000', 'rows: 1000');
    for (const from of used.keys()) used.set(from, await entries[from]?.());
    const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as FunctionConstructor;
    const run = new AsyncFunction('entries', 'given', `with (given) { ${body}\n }`) as (
      entries: ReadonlyMap<string, unknown>,
      given: Given,
    ) => Promise<void>;
    await run(used, given);
    await (given['after'] as (() => Promise<void>) | undefined)?.();
  });
});

describe('TypeScript and JSON', () => {
  it.each(of('ts').map(({ title, code }) => [title, code]))('%s is right', (_, code) => {
    const { diagnostics } = ts.transpileModule(code, { reportDiagnostics: true });
    expect(diagnostics).toEqual([]);
  });

  it.each(of('json').map(({ title, code }) => [title, code]))('%s is right', (_, code) => {
    expect(() => JSON.parse(code) as unknown).not.toThrow();
  });
});

describe('the page without a bundler', () => {
  it('has the import map of docs/library.md', () => {
    const [{ code } = { code: '' }] = of('html');
    const map = (text: string): string | undefined => /\{ "imports": .* \}/.exec(text)?.[0];
    const tested = readFileSync(join(ROOT, 'test', 'e2e', 'consumers', 'plain.html'), 'utf8');
    expect(map(code)).toBeDefined();
    expect(map(tested)).toBe(map(code));
  });
});

const python = pythonWith('torch');
describe.runIf(python !== undefined)('Python', () => {
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wgflow-docs-'));
    const options = await testOptions();
    const flow = await Flow.create(realnvp(2, { couplings: 2, hidden: [8] }), options);
    for await (const _ of flow.fit(toyDensity('moons').sample(1, 2, 0, 200), { steps: 2 })) {
      // Only its steps matter.
    }
    // A context by name: its rows are the table.
    const city = { name: 'city', levels: ['Oslo', 'Rome'] };
    const cities = Array.from({ length: 60 }, (_, i) => city.levels[i % 2] ?? '');
    const numbers = cities.map((_, i) => [Math.sin(i * i), Math.cos(3 * i)]);
    const tableFlow = await Flow.create(realnvp(2, { couplings: 2, hidden: [8], contextDim: 2 }), options);
    const training = tableFlow.fit(numbers, {
      context: browserEntry.encodeContext(
        [city],
        cities.map((level) => [level]),
      ),
      contextColumns: [city],
      columns: ['rain', 'wind'],
      steps: 2,
    });
    for await (const _ of training) {
      // Only its steps matter.
    }
    for (const [name, one] of [
      ['plain', flow],
      ['table', tableFlow],
    ] as const) {
      execFileSync('mkdir', ['-p', join(folder, name)]);
      for (const [file, text] of pytorchEntry.pytorchFiles(await one.save()))
        writeFileSync(join(folder, name, file), text);
      one.dispose();
    }
    const lines = numbers.map((row, i) => [cities[i], ...row].join(','));
    writeFileSync(join(folder, 'table', 'rows.csv'), ['city,rain,wind', ...lines, ''].join('\n'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const FIRST = 'import math, torch\ntorch.manual_seed(1)\nx = torch.randn(5, 2)\nstep = 0\n';

  it.each(of('python').map((block) => [block.title, block] as const))('%s', (title, { code }) => {
    const isRun = !(title in ELSEWHERE);
    const own = join(folder, 'code.py');
    // What it cannot import here, Python at least parses.
    writeFileSync(own, isRun ? FIRST + code : code);
    const cwd = join(folder, title.endsWith('A model for PyTorch, python 2') ? 'table' : 'plain');
    const args = isRun ? [own] : ['-c', `import ast; ast.parse(open(${JSON.stringify(own)}).read())`];
    const env = { ...process.env, PYTHONPATH: cwd };
    const { status, stderr } = spawnSync(python ?? '', args, { cwd, env });
    expect(stderr.toString()).not.toMatch(/Error/);
    expect(status).toBe(0);
    expect(existsSync(own)).toBe(true);
  });
});
