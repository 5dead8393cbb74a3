import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import ts from 'typescript';
import { kernelsByFile } from './support/kernels.ts';

const ROOT = join(import.meta.dirname, '..');

const sources = new Map(
  filesBelow('src', '.ts')
    .filter((file) => !file.endsWith('.d.ts'))
    .map((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return [file, { text, imports: importsOf(file, text) }];
    }),
);

describe('the source tree', () => {
  it('has at most ten files that are in no folder', () => {
    expect([...sources.keys()].filter((file) => roomOf(file) === file).length).toBeLessThanOrEqual(10);
  });

  it('has folders that can be put in an order in which each imports only from those before it', () => {
    const rooms = new Map([...sources.keys()].map((file) => [roomOf(file), new Set<string>()]));
    for (const file of sources.keys()) {
      for (const target of allImports(file)) {
        if (sources.has(target) && roomOf(target) !== roomOf(file))
          rooms.get(roomOf(file))?.add(roomOf(target));
      }
    }
    const inOrder: string[] = [];
    const isReady = (room: string): boolean =>
      [...(rooms.get(room) ?? [])].every((other) => inOrder.includes(other));
    for (let next; (next = [...rooms.keys()].find((room) => !inOrder.includes(room) && isReady(room)));)
      inOrder.push(next);
    const inCircles = [...rooms].filter(([room]) => !inOrder.includes(room));
    expect(
      inCircles.map(
        ([room, others]) => `${room} → ${[...others].filter((other) => !inOrder.includes(other)).join(', ')}`,
      ),
    ).toEqual([]);
  });

  it('imports only files that exist, each with its ending', () => {
    const broken = [...sources].flatMap(([file, { imports }]) =>
      imports
        .filter((target) => target.startsWith('src/') && !sources.has(target) && !isRaw(target))
        .map((target) => `${file} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('has no ring of imports, types included', () => {
    const rings = [...sources.keys()].filter((file) =>
      allImports(file).some((target) => reachable(target).has(file)),
    );
    expect(rings).toEqual([]);
  });

  it('speaks to the device only in src/gpu', () => {
    const calls =
      /\.(queue|create(Buffer|Texture|Sampler|BindGroup\w*|PipelineLayout|ShaderModule|\w*Pipeline(Async)?|CommandEncoder|QuerySet)|writeBuffer|mapAsync|(push|pop)ErrorScope|begin\w+Pass|copyBufferToBuffer|dispatchWorkgroups\w*)\b/;
    const trespassers = [...sources]
      .filter(([file]) => roomOf(file) !== 'src/gpu')
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
  const files = reachable('src/index.ts');

  it('reaches the library', () => {
    expect(files).toContain('src/gpu/executor.ts');
    expect(files).toContain('src/kernels/dense/dense_forward.ts');
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
    const strangers = [...files].filter((file) =>
      /^src\/(reference|measure|cli)\/|^src\/node\.ts/.test(file),
    );
    expect(strangers).toEqual([]);
  });
});

describe('the entry for PyTorch models', () => {
  it('works in a page too: it reaches no module of Node and no package that is not made for browsers', () => {
    const files = reachable('src/pytorch.ts');
    const outside = new Set([...files].flatMap(allImports).filter((target) => !target.startsWith('src/')));
    expect([...outside].sort()).toEqual(['valibot']);
  });
});

describe('the entry for ONNX models', () => {
  it('works in a page too: it reaches no module of Node and no package that is not made for browsers', () => {
    const files = reachable('src/onnx/index.ts');
    const outside = new Set([...files].flatMap(allImports).filter((target) => !target.startsWith('src/')));
    expect([...outside].sort()).toEqual([
      '@bufbuild/protobuf/wire',
      'package.json',
      'valibot',
      'wgsl-preprocessor/wgsl-preprocessor.js',
    ]);
  });
});

describe('the benchmark entry', () => {
  const files = reachable('src/measure/index.ts');

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
  const demoFiles = filesBelow('demo', '.ts');
  const imports = demoFiles.flatMap((file) =>
    importsOf(file, readFileSync(join(ROOT, file), 'utf8')).map((target) => ({ file, target })),
  );

  it('is a face over the library: nothing of it is imported there', () => {
    const upward = [...sources.keys()].flatMap(allImports).filter((target) => target.startsWith('demo/'));
    expect(upward).toEqual([]);
  });

  /** One for what every visitor loads, one for what a question loads. */
  const pageDoors = ['src/page/index.ts', 'src/page/questions.ts'];

  it('imports the library through its entries and two doors', () => {
    const doors = [
      'src/index.ts',
      'src/measure/index.ts',
      'src/reference/index.ts',
      'src/pytorch.ts',
      ...pageDoors,
    ];
    const wrong = imports.filter(({ file, target }) => {
      const isScript = file.startsWith('demo/scripts/') && target === 'src/node.ts';
      return target.startsWith('src/') && !isScript && !doors.includes(target);
    });
    expect(wrong).toEqual([]);
  });

  it('finds nothing behind the doors that an entry exports, or that it does not use', () => {
    const used = demoFiles.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
    const door = pageDoors.flatMap(namesExportedBy);
    expect(door.filter((name) => !new RegExp(`\\b${name}\\b`).test(used))).toEqual([]);
    const published = ['src/index.ts', 'src/measure/index.ts', 'src/reference/index.ts'].flatMap(
      namesExportedBy,
    );
    expect(door.filter((name) => published.includes(name))).toEqual([]);
  });

  it('reaches no module of Node', () => {
    const wrong = imports.filter(({ file, target }) => {
      const isConfig = file.endsWith('.config.ts') || file.startsWith('demo/scripts/');
      return !isConfig && target.startsWith('node:');
    });
    expect(wrong).toEqual([]);
  });
});

describe('a kernel', () => {
  const shaders = filesBelow('shaders', '.wgsl');
  const snippets = shaders.filter((file) => file.startsWith('shaders/shared/'));
  const stems = shaders.filter((file) => !snippets.includes(file)).map((file) => file.slice(8, -5));
  const nameOf = (stem: string): string => stem.replace(/^.*\//, '');

  it.each(stems)('%s is four files with one stem', (stem) => {
    const files = [`src/kernels/${stem}.ts`, `src/reference/${stem}.ts`, `test/kernels/${stem}.test.ts`];
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    expect(kernelsByFile.get(nameOf(stem))?.stem).toBe(nameOf(stem));
  });

  it('has a shader wherever it has a launcher, and each is exported once', () => {
    expect([...kernelsByFile.keys()].sort()).toEqual(stems.map(nameOf).sort());
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

/** The folder of `src` that a file is in; a file directly in `src` stands for itself. */
function roomOf(file: string): string {
  return file.split('/').slice(0, 2).join('/');
}

/** Whether an import takes the text of a file, and the file exists. */
function isRaw(target: string): boolean {
  const file = /^(.*)\?raw$/.exec(target)?.[1];
  return file !== undefined && existsSync(join(ROOT, file));
}

/** The names in the export lists of an entry. */
function namesExportedBy(file: string): string[] {
  const lists = (sources.get(file)?.text ?? '').matchAll(/^export (?:type )?\{([^}]*)\}/gm);
  return [...lists].flatMap(([, names = '']) => names.split(',').flatMap((name) => name.trim() || []));
}

function allImports(file: string): string[] {
  return sources.get(file)?.imports ?? [];
}

/** The source files that can be reached from `file`, itself included. */
function reachable(file: string): Set<string> {
  const seen = new Set<string>();
  const pending = [file];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next) || !sources.has(next)) continue;
    seen.add(next);
    pending.push(...allImports(next));
  }
  return seen;
}

/** One entry per import: a file below the repository's root, or the name of a package. */
function importsOf(file: string, text: string): string[] {
  const found: string[] = [];
  const add = (specifier: ts.Node | undefined): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const { text: name } = specifier;
    found.push(name.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), name)) : name);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier);
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found;
}
