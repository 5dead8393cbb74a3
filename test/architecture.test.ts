import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import ts from 'typescript';
import { kernelsByFile } from './support/kernels.ts';

interface Import {
  /** A file below the repository's root, or the name of a package. */
  target: string;
  typeOnly: boolean;
}

const ROOT = join(import.meta.dirname, '..');

const sources = new Map(
  filesBelow('src', '.ts')
    .filter((file) => !file.endsWith('.d.ts'))
    .map((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return [file, { text, imports: importsOf(file, text) }];
    }),
);

/** A room is a folder of src, or one of those that its files at the top are grouped into. */
const ROOMS: Record<string, readonly string[]> = {
  ground: [
    'callerArrays',
    'context',
    'couplingStack',
    'domain',
    'errors',
    'init',
    'kernel',
    'offset',
    'optionRules',
    'paramLayout',
    'plan',
    'precision',
    'random',
    'schedule',
    'shape',
    'spec',
    'specRules',
    'version',
  ],
  flow: [
    'bestSoFar',
    'fitOptions',
    'flow',
    'flowJobs',
    'flowOptions',
    'flowPass',
    'flowTrace',
    'flowTraining',
    'memory',
    'modelLimits',
    'rowInputs',
    'scoring',
    'soundRows',
    'submitSize',
    'trainer',
    'trainingRun',
    'tuning',
  ],
  entry: ['index', 'node', 'pytorch'],
};

/** What each room may import beside itself. */
const BELOW: Record<string, readonly string[]> = {
  ground: [],
  data: ['ground'],
  io: ['ground'],
  gpu: ['ground'],
  flows: ['ground'],
  kernels: ['ground', 'data'],
  steps: ['ground', 'kernels'],
  reference: ['ground', 'data', 'kernels', 'steps'],
  flow: ['ground', 'data', 'io', 'gpu', 'kernels', 'steps'],
  bench: ['ground', 'data', 'gpu', 'flows', 'kernels', 'steps', 'reference'],
  entry: ['ground', 'data', 'io', 'gpu', 'flows', 'steps', 'flow'],
  cli: ['ground', 'data', 'io', 'gpu', 'flows', 'steps', 'flow', 'entry', 'bench'],
};

describe('the source tree', () => {
  it('has no file and no folder outside the known rooms', () => {
    const strangers = [...sources.keys()].filter((file) => BELOW[roomOf(file)] === undefined);
    expect(strangers).toEqual([]);
  });

  it('has imports that point downward only', () => {
    const upward = [...sources].flatMap(([file, { imports }]) =>
      imports
        .filter(({ target }) => sources.has(target))
        .filter(({ target }) => ![roomOf(file), ...(BELOW[roomOf(file)] ?? [])].includes(roomOf(target)))
        .map(({ target }) => `${file} → ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it('imports only files that exist, each with its ending', () => {
    const broken = [...sources].flatMap(([file, { imports }]) =>
      imports
        .filter(({ target }) => target.startsWith('src/') && !sources.has(target))
        .map(({ target }) => `${file} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('has no ring of imports but of types', () => {
    const rings = [...sources.keys()].filter((file) =>
      valueImports(file).some((target) => reachable(target, valueImports).has(file)),
    );
    expect(rings).toEqual([]);
  });

  it('speaks to the device only in src/gpu', () => {
    const calls =
      /\.(queue|create(Buffer|Texture|Sampler|BindGroup\w*|PipelineLayout|ShaderModule|\w*Pipeline(Async)?|CommandEncoder|QuerySet)|writeBuffer|mapAsync|(push|pop)ErrorScope|begin\w+Pass|copyBufferToBuffer|dispatchWorkgroups\w*)\b/;
    const trespassers = [...sources]
      .filter(([file]) => roomOf(file) !== 'gpu')
      .flatMap(([file, { text }]) =>
        text.split('\n').flatMap((line, index) => {
          const call = calls.exec(line.replace(/^\s*(\*|\/\/|\/\*).*/, ''));
          return call === null ? [] : [`${file}:${index + 1} ${call[0]}`];
        }),
      );
    expect(trespassers).toEqual([]);
  });
});

describe('the browser entry', () => {
  const files = reachable('src/index.ts', allImports);

  it('reaches the library', () => {
    expect(files).toContain('src/gpu/executor.ts');
    expect(files).toContain('src/kernels/dense_forward.ts');
  });

  it('reaches no module of Node and no package that is not made for browsers', () => {
    const outside = new Set([...files].flatMap(allImports).filter((target) => !target.startsWith('src/')));
    expect([...outside].sort()).toEqual([
      'package.json',
      'valibot',
      'wgsl-preprocessor/wgsl-preprocessor.js',
    ]);
  });

  it('does not reach the f64 twins, the benchmarks, the Node entry or the command line', () => {
    const strangers = [...files].filter((file) => /^src\/(reference|bench|cli)\/|^src\/node\.ts/.test(file));
    expect(strangers).toEqual([]);
  });
});

describe('the entry for PyTorch models', () => {
  it('works in a page too: it reaches no module of Node and no package that is not made for browsers', () => {
    const files = reachable('src/pytorch.ts', allImports);
    const outside = new Set([...files].flatMap(allImports).filter((target) => !target.startsWith('src/')));
    expect([...outside].sort()).toEqual(['valibot']);
  });
});

describe('the benchmark entry', () => {
  const files = reachable('src/bench/index.ts', allImports);

  it('measures in a page too: it reaches no module of Node and no package that is not made for browsers', () => {
    const outside = new Set([...files].flatMap(allImports).filter((target) => !target.startsWith('src/')));
    expect([...outside].sort()).toEqual([
      'bench/peers/configs.json',
      'package.json',
      'valibot',
      'wgsl-preprocessor/wgsl-preprocessor.js',
    ]);
  });
});

describe('the demo', () => {
  const imports = filesBelow('demo', '.ts').flatMap((file) =>
    importsOf(file, readFileSync(join(ROOT, file), 'utf8')).map(({ target }) => ({ file, target })),
  );

  it('is a face over the library: nothing of it is imported there', () => {
    const upward = [...sources.keys()].flatMap(allImports).filter((target) => target.startsWith('demo/'));
    expect(upward).toEqual([]);
  });

  it('reaches neither Node nor the command line', () => {
    const wrong = imports.filter(({ file, target }) => {
      const isConfig = file.endsWith('.config.ts') || file.startsWith('demo/scripts/');
      return !isConfig && /^(node:|src\/cli\/|src\/node\.ts)/.test(target);
    });
    expect(wrong).toEqual([]);
  });
});

describe('a kernel', () => {
  const shaders = filesBelow('shaders', '.wgsl');
  const snippets = shaders.filter((file) => file.startsWith('shaders/shared/'));
  const stems = shaders.filter((file) => !snippets.includes(file)).map((file) => file.slice(8, -5));

  it.each(stems)('%s is four files with one stem', (stem) => {
    const files = [`src/kernels/${stem}.ts`, `src/reference/${stem}.ts`, `test/kernels/${stem}.test.ts`];
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    expect(kernelsByFile.get(stem)?.stem).toBe(stem);
  });

  it('has a shader wherever it has a launcher, and each is exported once', () => {
    expect([...kernelsByFile.keys()].sort()).toEqual([...stems].sort());
  });

  it('has a snippet in shaders/shared for every include, and no snippet is left over', () => {
    const included = shaders.flatMap((shader) =>
      [...readFileSync(join(ROOT, shader), 'utf8').matchAll(/^#include "(.+)"$/gm)].map(
        ([, file]) => `shaders/${file}`,
      ),
    );
    expect([...new Set(included)].sort()).toEqual(snippets);
  });
});

/** Paths from the root, sorted. */
function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .sort();
}

function roomOf(file: string): string {
  const [, first = '', ...rest] = file.split('/');
  if (rest.length > 0) return first;
  const stem = first.replace(/\.ts$/, '');
  return Object.keys(ROOMS).find((room) => ROOMS[room]?.includes(stem)) ?? first;
}

function valueImports(file: string): string[] {
  const imports = sources.get(file)?.imports ?? [];
  return imports.filter(({ typeOnly }) => !typeOnly).map(({ target }) => target);
}

function allImports(file: string): string[] {
  return (sources.get(file)?.imports ?? []).map(({ target }) => target);
}

/** The source files that can be reached from `file`, itself included. */
function reachable(file: string, importsFrom: (file: string) => string[]): Set<string> {
  const seen = new Set<string>();
  const pending = [file];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next) || !sources.has(next)) continue;
    seen.add(next);
    pending.push(...importsFrom(next));
  }
  return seen;
}

function importsOf(file: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const { text: name } = specifier;
    const target = name.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), name)) : name;
    found.push({ target, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found;
}
