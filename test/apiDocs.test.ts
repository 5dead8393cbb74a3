/** Every public symbol has words that say its shape, default and errors; typedoc finds the symbols. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Application, Converter, ReflectionKind } from 'typedoc';
import type {
  DeclarationReflection,
  ParameterReflection,
  ProjectReflection,
  SignatureReflection,
  SomeType,
} from 'typedoc';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import config from '../typedoc.config.mjs';
import packageJson from '../package.json' with { type: 'json' };
import * as errors from '../src/errors.ts';

/** A public function or method, and where its code is. */
interface Call {
  name: string;
  signatures: readonly SignatureReflection[];
  throws: readonly string[];
}

interface Member {
  name: string;
  words: string;
  type: SomeType | undefined;
  isOptional: boolean;
  /** Whether a caller gives it. */
  isOption: boolean;
}

const ROOT = join(import.meta.dirname, '..');
const ERRORS = Object.keys(errors).filter((name) => name.endsWith('Error'));
const ARRAYS =
  /\b(Float32Array|Float64Array|Int32Array|Uint32Array|Rows|GivenRows|NumberRows|HostArray|ArrayLike)\b/;
const SHAPE = /\[[^\]]+\]/;
const DEFAULT = /default|without|absent|if |unless|only|of checkpoints?|for messages/i;

let project: ProjectReflection;
const calls: Call[] = [];
const members: Member[] = [];
const bare: string[] = [];

beforeAll(async () => {
  const app = await Application.bootstrap({
    ...config,
    plugin: [],
    projectDocuments: [],
    readme: 'none',
    logLevel: 'None',
  });
  app.converter.on(Converter.EVENT_END, (context) => {
    project = context.project;
    const thrown = thrownBy(context.programs);
    const throwsOf: Thrown = (symbol) => [
      ...new Set(
        (context.getSymbolFromReflection(symbol)?.declarations ?? []).flatMap((node) => [...thrown(node)]),
      ),
    ];
    for (const entry of project.getChildrenByKind(ReflectionKind.Module)) {
      for (const symbol of entry.children ?? []) collect(symbol, symbol.name, throwsOf);
    }
  });
  await app.convert();
});

/** The errors that the code of a symbol throws. */
type Thrown = (symbol: DeclarationReflection) => string[];

function collect(symbol: DeclarationReflection, name: string, thrown: Thrown): void {
  if (symbol.isReference() || symbol.flags.isExternal || symbol.flags.isInherited) return;
  const { signatures = [], getSignature } = symbol;
  const words = [symbol, ...signatures, ...(getSignature ? [getSignature] : [])]
    .map(wordsOf)
    .join(' ')
    .trim();
  // The same everywhere: the class of an error, the kind of a spec, the ways to stop and to end.
  const isPlain = /\.(name|type|constructor|\[dispose\]|\[asyncDispose\])$/.test(name);
  if (words === '' && !isPlain) bare.push(name);
  if (signatures.length > 0) {
    calls.push({ name, signatures, throws: thrown(symbol) });
  } else if (symbol.kindOf([ReflectionKind.Property, ReflectionKind.Accessor, ReflectionKind.Variable])) {
    members.push({
      name,
      words,
      type: symbol.type ?? getSignature?.type,
      isOptional: symbol.flags.isOptional,
      isOption: /Options\.|Settings\./.test(name) && !name.endsWith('.signal'),
    });
  }
  for (const child of symbol.children ?? []) collect(child, `${name}.${child.name}`, thrown);
}

/** The errors of wgflow that the code of a declaration throws, itself or by what it calls in turn. */
function thrownBy(programs: readonly ts.Program[]): (node: ts.Node) => ReadonlySet<string> {
  const checker = programs[0]!.getTypeChecker();
  const known = new Map<ts.Node, Set<string>>();
  const of = (node: ts.Node): Set<string> => {
    const found = known.get(node);
    if (found !== undefined) return found;
    const all = new Set<string>();
    known.set(node, all);
    const visit = (part: ts.Node): void => {
      if (ts.isThrowStatement(part) && ts.isNewExpression(part.expression)) {
        const name = part.expression.expression.getText();
        if (ERRORS.includes(name)) all.add(name);
      }
      if (ts.isCallExpression(part)) {
        const symbol = checker.getSymbolAtLocation(part.expression);
        const target =
          symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
        for (const declaration of target?.declarations ?? []) {
          const isOwn = !/node_modules/.test(declaration.getSourceFile().fileName);
          if (isOwn) for (const name of of(declaration)) all.add(name);
        }
      }
      ts.forEachChild(part, visit);
    };
    ts.forEachChild(node, visit);
    return all;
  };
  return of;
}

interface Commented {
  comment?: DeclarationReflection['comment'];
}

/** The words about a symbol, its tags included. */
function wordsOf({ comment }: Commented): string {
  if (comment === undefined) return '';
  const { summary, blockTags } = comment;
  return [...summary, ...blockTags.flatMap(({ content }) => content)].map(({ text }) => text).join('');
}

function throwsOf(signatures: readonly SignatureReflection[]): boolean {
  return signatures.some(
    (signature) =>
      signature.comment?.getTag('@throws') !== undefined ||
      /\b(throws|refuses|is an error)\b/i.test(wordsOf(signature)),
  );
}

function takesArray({ type }: { type?: SomeType }): boolean {
  return ARRAYS.test(type?.toString() ?? '');
}

describe('the reference', () => {
  it('has each entry of the package, under its name', () => {
    const entries = Object.keys(packageJson.exports).filter((path) => path !== './package.json');
    const names = project.getChildrenByKind(ReflectionKind.Module).map(({ name }) => name);
    expect(names.sort()).toEqual(entries.map((path) => `wgflow${path.slice(1)}`).sort());
  });

  it('is one site with each page of docs', () => {
    const pages = readdirSync(join(ROOT, 'docs')).filter((file) => file.endsWith('.md'));
    expect(config.projectDocuments).toEqual(expect.arrayContaining(pages.map((file) => `docs/${file}`)));
  });

  it('describes each public symbol and each of its members', () => expect(bare).toEqual([]));

  it('names the errors of each function that throws one', () => {
    const silent = calls.filter(({ signatures, throws }) => throws.length > 0 && !throwsOf(signatures));
    expect(silent.map(({ name, throws }) => `${name}: ${throws.join(', ')}`)).toEqual([]);
  });

  it('names only errors that exist', () => {
    const named = calls.flatMap(({ name, signatures }) =>
      signatures.flatMap(({ comment }) =>
        (comment?.getTags('@throws') ?? []).flatMap(({ typeAnnotation = '' }) =>
          [...typeAnnotation.matchAll(/\b\w+Error\b/g)].map(([error]) => ({
            name,
            error,
          })),
        ),
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ error }) => !ERRORS.includes(error))).toEqual([]);
  });

  it('gives the shape of each array that goes in or comes out', () => {
    const ofCalls = calls.flatMap(({ name, signatures }) =>
      signatures.flatMap((signature) => {
        const words = wordsOf(signature);
        const isSaid = (part: ParameterReflection): boolean => SHAPE.test(words) || SHAPE.test(wordsOf(part));
        const given = (signature.parameters ?? []).filter((part) => takesArray(part) && !isSaid(part));
        const isSilent = takesArray(signature) && !SHAPE.test(words);
        return [...given.map((part) => `${name}(${part.name})`), ...(isSilent ? [`${name} → result`] : [])];
      }),
    );
    const ofMembers = members
      .filter((member) => takesArray(member as { type?: SomeType }) && !SHAPE.test(member.words))
      .map(({ name }) => name);
    expect([...ofCalls, ...ofMembers]).toEqual([]);
  });

  it('says what happens without each option', () => {
    const silent = members.filter(
      ({ isOption, isOptional, words }) => isOption && isOptional && !DEFAULT.test(words),
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});
