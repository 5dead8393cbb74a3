/** The results of a run: a row for every kernel of every plan, and one for every plan. */
import * as v from 'valibot';
import { DataError } from '../../src/errors.ts';
import { REPORTED } from '../../src/measure/workloads.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const number = v.pipe(v.number(), v.finite(), v.minValue(0));

/** Where a row comes from. */
const place = {
  gpu: v.string(),
  /** Lanes of the smallest subgroup that the kernels are chosen for; 0 without subgroups. */
  subgroups: count,
  spec: v.string(),
  pass: v.picklist(REPORTED),
};

const innerLoop = v.object({ multiplyAdds: count, instructions: count, workgroupLoads: count });

const kernelRow = v.object({
  /** The variant: stem, flags, constants, sizes. */
  kernel: v.string(),
  ...place,
  dispatches: count,
  /** Workgroups of the dispatch with the most FLOPs. */
  workgroups: count,
  groupSize: count,
  /** From 0 to 1. */
  lanesUsed: number,
  registers: count,
  spilled: count,
  /** Of a subgroup. */
  scratchBytes: count,
  workgroupBytes: count,
  subgroupsPerSimd: count,
  /** The inner loop with the most multiply-adds. */
  innerLoop: v.nullable(innerLoop),
  /** The share of the plan's FLOPs that all dispatches together have, from 0 to 1. */
  flopShare: number,
  /** All dispatches together. */
  modelledMs: number,
  /** What bounds the dispatch with the most FLOPs. */
  boundBy: v.picklist(['launch', 'arithmetic', 'memory', 'latency']),
});

const specRow = v.object({
  ...place,
  rows: count,
  /** Features. */
  dim: count,
  /** Units of the widest hidden layer; 0 without nets. */
  widest: count,
  dispatches: count,
  modelledMs: number,
});

const schema = v.object({
  format: v.literal('wgflow-isa'),
  version: v.literal(1),
  kernels: v.array(kernelRow),
  specs: v.array(specRow),
});

export type KernelRow = v.InferOutput<typeof kernelRow>;
export type SpecRow = v.InferOutput<typeof specRow>;
export type IsaTable = v.InferOutput<typeof schema>;

/** The table as JSON, a line for every row. */
export function tableJson({ format, version, kernels, specs }: IsaTable): string {
  const lines = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join(',\n');
  const head = JSON.stringify({ format, version }).slice(0, -1);
  return `${head},\n"kernels": [\n${lines(kernels)}\n],\n"specs": [\n${lines(specs)}\n]}\n`;
}

/** @throws {DataError} when `text` is not a table of this version */
export function parseTable(text: string, file: string): IsaTable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DataError('found no JSON, expected a file that "npm run bench:isa -- --json FILE" wrote', {
      file,
    });
  }
  const { success, output, issues } = v.safeParse(schema, json);
  if (success) return output;
  const [{ message, path = [] }] = issues;
  const where = path.map(({ key }) => String(key)).join('.');
  throw new DataError(
    `${where}: ${message}`,
    { file },
    'It must be from "npm run bench:isa -- --json FILE".',
  );
}
