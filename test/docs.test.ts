import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as benchEntry from '../src/measure/index.ts';
import * as ensembleEntry from '../src/ensemble.ts';
import * as tableEntry from '../src/table.ts';
import * as browserEntry from '../src/index.ts';
import { EXIT } from '../src/cli/session.ts';
import * as nodeEntry from '../src/node.ts';
import * as onnxEntry from '../src/onnx/index.ts';
import * as pytorchEntry from '../src/pytorch.ts';
import * as referenceEntry from '../src/reference/index.ts';
import { kernelsByFile } from './support/kernels.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

const shaders = readdirSync(join(ROOT, 'shaders'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.wgsl'))
  .map((file) => file.replaceAll('\\', '/').replace(/\.wgsl$/, ''))
  .sort();
const nameOf = (shader: string): string => shader.replace(/^.*\//, '');
const snippets = shaders.filter((shader) => shader.startsWith('shared/')).map(nameOf);
const stems = shaders.filter((shader) => !shader.startsWith('shared/')).map(nameOf);

const equations = [...read('docs/derivations.md').matchAll(/\\tag\{(\d+)\}/g)].map(([, number]) =>
  Number(number),
);

describe('docs/derivations.md', () => {
  it('numbers its equations upward', () => {
    expect(equations).toEqual([...new Set(equations)].sort((a, b) => a - b));
    expect(equations.length).toBeGreaterThan(0);
  });

  const naming = shaders.filter((name) => headerEquations(read(`shaders/${name}.wgsl`)).length > 0);

  it('is named by shaders', () => expect(naming.length).toBeGreaterThan(stems.length / 2));

  it.each(naming)('has every equation that %s.wgsl names', (name) => {
    const named = headerEquations(read(`shaders/${name}.wgsl`));
    expect(named.filter((number) => !equations.includes(number))).toEqual([]);
  });
});

describe('docs/adding-a-kernel.md', () => {
  const linked = [...read('docs/adding-a-kernel.md').matchAll(/^\| \[`([\w./]+)`\]\(\.\.\/(.+?)\)/gm)];

  it('links to the four files of a kernel', () => {
    expect(linked).toHaveLength(4);
    for (const [, name, file = ''] of linked) {
      expect(file).toBe(name);
      expect(existsSync(join(ROOT, file)), file).toBe(true);
    }
  });
});

describe('docs/architecture.md', () => {
  const named = shaders.flatMap((name) =>
    [...read(`shaders/${name}.wgsl`).matchAll(/docs\/architecture\.md, "([^"]+)"/g)].map(
      ([, heading]) => heading,
    ),
  );

  it('has the sections that shaders name', () => {
    const headings = [...read('docs/architecture.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((heading) => !headings.includes(heading))).toEqual([]);
  });

  it('lists the folders of src in an order in which each imports only from those above', () => {
    const [, section = ''] = read('docs/architecture.md').split('| folder of `src/` |');
    const [table = ''] = section.split('\n\n');
    const folders = [...table.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, name = '']) => name);
    const imported = (folder: string): string[] =>
      readdirSync(join(ROOT, 'src', folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) => [...read(join('src', folder, file)).matchAll(/from '(?:\.\.\/)+(\w+)\//g)])
        .map(([, other = '']) => other);
    const upward = folders.flatMap((folder, place) =>
      [...new Set(imported(folder))]
        .filter((other) => folders.indexOf(other) > place)
        .map((other) => `${folder} → ${other}`),
    );
    const actual = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((one) => one.isDirectory());
    expect(folders.sort()).toEqual(actual.map(({ name }) => name).sort());
    expect(upward).toEqual([]);
  });
});

describe('shaders/README.md', () => {
  const rows = tableRows(read('shaders/README.md'));

  it('has one row for every kernel and every shared snippet', () => {
    expect(rows.map(([name = '']) => name).sort()).toEqual([...stems, ...snippets].sort());
  });

  it.each(stems)('lists the bindings of %s in order, the written ones in bold', (stem) => {
    const [, cell = ''] = rows.find(([name]) => name === stem) ?? [];
    const listed = cell.split(' · ').map((binding) => ({
      name: /`(\w+)`/.exec(binding)?.[1],
      access: binding.startsWith('**') ? 'read_write' : 'read',
      element: / (u32|f16) \[/.exec(binding)?.[1] ?? 'f32',
      when: /with `(\w+)`/.exec(binding)?.[1],
    }));
    const bindings = Object.entries(kernelsByFile.get(stem)?.bindings ?? {});
    expect(listed).toEqual(
      bindings.map(([name, { access, element, when }]) => ({ name, access, element, when })),
    );
  });

  it('names equations that exist', () => {
    const named = rows.flatMap((cells) => equationNumbers(cells.slice(2).at(-1) ?? ''));
    expect(named.length).toBeGreaterThan(stems.length);
    expect(named.filter((number) => !equations.includes(number))).toEqual([]);
  });
});

describe('docs/command-line.md', () => {
  it('has the exit codes of the command line', () => {
    const codes = tableRows(read('docs/command-line.md'), /^\| (\d+) \|/).map(([code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });
});

describe('CONTRIBUTING.md', () => {
  it('names only files and folders that exist', () => {
    const named = [...read('CONTRIBUTING.md').matchAll(/`((?:src|shaders|test|bench|demo|docs)\/[\w./]*)`/g)];
    const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(join(ROOT, path)));
    expect(named.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});

describe('the documents', () => {
  const documents = [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'examples/README.md',
    'shaders/README.md',
    'test/oracle/README.md',
    ...readdirSync(join(ROOT, 'docs'))
      .filter((file) => file.endsWith('.md'))
      .map((file) => `docs/${file}`),
  ];
  const all = documents.map(read).join('\n');

  it.each([
    ['wgflow', browserEntry],
    ['wgflow/node', nodeEntry],
    ['wgflow/reference', referenceEntry],
    ['wgflow/bench', benchEntry],
    ['wgflow/ensemble', ensembleEntry],
    ['wgflow/onnx', onnxEntry],
    ['wgflow/pytorch', pytorchEntry],
    ['wgflow/table', tableEntry],
  ])('import from %s what that entry exports', (entry, exported) => {
    const names = [...all.matchAll(/import \{ ([^}]+) \} from '([^']+)'/g)]
      .filter(([, , from]) => from === entry)
      .flatMap(([, list = '']) => list.split(', '));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !(name in exported))).toEqual([]);
  });

  it('show only commands and options that the command line has', () => {
    const commands = ['main', 'modelCommands', 'askCommands', 'exchangeCommands'];
    const source = commands.map((file) => read(`src/cli/${file}.ts`)).join('');
    const shown = [...all.matchAll(/(?:^ {4}(?:npx )?|`npx )wgflow ([^`\n]+)/gm)].map(
      ([, line = '']) => line,
    );
    expect(shown.length).toBeGreaterThan(20);
    const known = new Set(
      [...source.matchAll(/--?[a-z][a-z-]*|'[a-z]+'/g)].map(([word]) => word.replaceAll("'", '')),
    );
    const unknown = shown.flatMap((line) =>
      [line.split(' ')[0] ?? '', ...(line.match(/(?<= )--?[a-z][a-z-]*/g) ?? [])].filter(
        (word) => !known.has(word),
      ),
    );
    expect(unknown).toEqual([]);
  });

  it.each(documents)('link from %s only to files and headings that exist', (file) => {
    const links = [...withoutCode(read(file)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target));
    const broken = links.filter((link) => {
      const [path = '', heading] = link.split('#');
      const target = path === '' ? file : join(dirname(file), path);
      if (!existsSync(join(ROOT, target))) return true;
      return heading !== undefined && !headingsOf(read(target)).includes(heading);
    });
    expect(broken).toEqual([]);
  });
});

/** Numbers of the equations of docs/derivations.md that a shader's comments cite. */
function headerEquations(shader: string): number[] {
  const comments = shader.replaceAll(/\n\/\/ ?/g, ' ');
  return [...comments.matchAll(/docs\/derivations\.md, eq\. ((?:\(\d+\)(?:, | to | and )?)+)/g)].flatMap(
    ([, numbers = '']) => equationNumbers(numbers),
  );
}

/** `(4), (14) to (16)` as numbers. */
function equationNumbers(text: string): number[] {
  return [...text.matchAll(/\((\d+)\)(?: to \((\d+)\))?/g)].flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index),
  );
}

/** The rows of all tables whose first cell is a name in code or fits `start`, without that name's quotes. */
function tableRows(text: string, start = /^\| `\w+` \|/): string[][] {
  return text
    .split('\n')
    .filter((line) => start.test(line))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell, index) => (index === 0 ? cell.replaceAll('`', '') : cell)),
    );
}

function withoutCode(text: string): string {
  return text.replaceAll(/```.*?```/gs, '').replaceAll(/`[^`\n]*`/g, '');
}

/** The anchors of a page's headings. */
function headingsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
