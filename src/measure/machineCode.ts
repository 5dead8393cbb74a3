/** What Mesa's RADV made of a kernel, read from its statistics and its listing of the machine code. */

/** Counts over some instructions, each executed once by one subgroup. */
export interface CodeCounts {
  /** Without waits and hints, which take no turn of their own. */
  instructions: number;
  /** Those that all lanes compute. */
  vectorInstructions: number;
  /** Multiply-adds of one invocation. */
  multiplyAdds: number;
  /** Bytes that one invocation loads from buffers. */
  loadedBytes: number;
  /** Loads from workgroup memory. */
  workgroupLoads: number;
  /** Cycles spent waiting for loads. */
  waitCycles: number;
}

/** The instructions of a loop, without those of the loops inside. */
export interface CodeLoop {
  own: CodeCounts;
  loops: CodeLoop[];
  /** How often it runs each time, if the code says. */
  trips?: number;
}

export interface MachineCode {
  /** Invocations of a workgroup. */
  groupSize: number;
  /** Lanes of a subgroup. */
  subgroupSize: number;
  /** The share of the lanes of its subgroups that a workgroup fills, from 0 to 1. */
  lanesUsed: number;
  /** Vector registers of an invocation. */
  registers: number;
  /** Vector registers that did not fit. */
  spilled: number;
  /** Private memory of a subgroup in DRAM: spills, and arrays that are indexed by a variable. */
  scratchBytes: number;
  workgroupBytes: number;
  /** Subgroups that a SIMD can hold at once. */
  subgroupsPerSimd: number;
  /** The whole code, as a loop that runs once. */
  code: CodeLoop;
}

/** The innermost loop with the most multiply-adds, or the longest if none has any. */
export function heaviestLoop({ code }: Pick<MachineCode, 'code'>): CodeCounts | undefined {
  const innermost = ({ own, loops }: CodeLoop): CodeCounts[] =>
    loops.length === 0 ? [own] : loops.flatMap(innermost);
  return code.loops
    .flatMap(innermost)
    .sort((a, b) => b.multiplyAdds - a.multiplyAdds || b.instructions - a.instructions)[0];
}

/**
 * @param output what RADV_DEBUG=shaderstats,asm prints of a compute pipeline
 * @param groupSize invocations of a workgroup
 * @throws {RangeError} when the output is not of this form
 */
export function parseMachineCode(output: string, groupSize: number): MachineCode {
  // Dawn asks RADV for 64 lanes on every GPU. Code for 32 would have masks of 32 bits.
  const subgroupSize = /\bexec_lo\b/.test(output) && !/\bexec\b/.test(output) ? 32 : 64;
  const listing = parseListing(output);
  return {
    groupSize,
    subgroupSize,
    lanesUsed: groupSize / (subgroupSize * Math.ceil(groupSize / subgroupSize)),
    registers: statistic(output, 'VGPRs'),
    spilled: statistic(output, 'Spilled VGPRs'),
    scratchBytes: statistic(output, 'Scratch size'),
    workgroupBytes: statistic(output, 'LDS size'),
    subgroupsPerSimd: statistic(output, 'Subgroups per SIMD'),
    code: { ...loopOf({ from: 0, to: listing.instructions.length }, listing), trips: 1 },
  };
}

/**
 * Invocations of a workgroup, from the text of a shader and the values of its overrides.
 * @throws {RangeError} when the text does not say
 */
export function groupSizeOf(wgsl: string, constants: Readonly<Record<string, number>> = {}): number {
  const valueOf = (term: string): number => {
    const text = term.trim();
    if (text.includes('*')) return productOf(text.split('*'));
    const literal = /^(\d+)u?$/.exec(text)?.[1];
    if (literal !== undefined) return Number(literal);
    const override = constants[text];
    if (override !== undefined) return override;
    const declared = new RegExp(`\\b(?:const|override) ${text}\\b[^=;]*=([^;]+);`).exec(wgsl)?.[1];
    if (declared === undefined) throw new RangeError(`the shader has no constant "${text}"`);
    return valueOf(declared);
  };
  const productOf = (terms: string[]): number => terms.reduce((product, term) => product * valueOf(term), 1);
  const sizes = /@workgroup_size\(([^)]*)\)/.exec(wgsl)?.[1];
  if (sizes === undefined) throw new RangeError('the shader has no @workgroup_size');
  return productOf(sizes.split(',').filter((size) => size.trim() !== ''));
}

function statistic(output: string, name: string): number {
  const value = new RegExp(`^${name}: (\\d+)$`, 'm').exec(output)?.[1];
  if (value === undefined) throw new RangeError(`RADV printed no statistic "${name}"`);
  return Number(value);
}

/** The instructions [from, to). */
interface Span {
  from: number;
  to: number;
}

interface Listing {
  instructions: string[];
  /** From the target of a backward jump to the last jump there. */
  loops: Span[];
}

function parseListing(output: string): Listing {
  const blocks = new Map<string, number>();
  const instructions: string[] = [];
  for (const line of output.split('\n')) {
    const block = /^(BB\d+):/.exec(line)?.[1];
    const text = /^\t([a-z]\w*(?: .*?)?)\s+; [0-9a-f]{8}/.exec(line)?.[1];
    if (block !== undefined) blocks.set(block, instructions.length);
    if (text !== undefined) instructions.push(text.trim());
  }
  if (instructions.length === 0) throw new RangeError('RADV printed no machine code');
  const ends = new Map<number, number>();
  instructions.forEach((text, at) => {
    const from = blocks.get(/^s_c?branch\w* (BB\d+)/.exec(text)?.[1] ?? '');
    if (from !== undefined && from <= at) ends.set(from, at + 1);
  });
  return { instructions, loops: [...ends].map(([from, to]) => ({ from, to })) };
}

function loopOf(span: Span, listing: Listing): CodeLoop {
  const isWithin = (inner: Span, outer: Span): boolean =>
    inner !== outer && inner.from >= outer.from && inner.to <= outer.to;
  const within = listing.loops.filter((loop) => isWithin(loop, span));
  const children = within.filter((loop) => !within.some((other) => isWithin(loop, other)));
  const own = listing.instructions.slice(span.from, span.to).filter((_, index) => {
    const at = span.from + index;
    return !children.some(({ from, to }) => at >= from && at < to);
  });
  return {
    own: countsOf(own),
    loops: children.map((child) => loopOf(child, listing)),
    trips: constantTrips(own, listing.instructions.slice(0, span.from)),
  };
}

const COMPARE = /^(s_cmpk?|v_cmpx?)_(ge|gt|le|lt)_[iu]32/;
const ADD = /^(s_addk?_[iu]32|v_add_(nc_)?u32)/;
const MINIMUM = /^s_min_[iu]32/;

/**
 * The trips of a loop that counts from 0, or from the invocation's index, to a constant: `s_cmp_ge_u32 s0, 16` after
 * `s_add_u32 s0, s0, 1`.
 */
function constantTrips(own: readonly string[], before: readonly string[]): number | undefined {
  for (const text of own.filter((each) => COMPARE.test(each))) {
    const [left = '', right = ''] = operandsOf(text).slice(-2);
    const [counter, end] = stepOf(left, own) === undefined ? [right, left] : [left, right];
    const step = stepOf(counter, own);
    if (step === undefined) continue;
    const bound = constantOf(end) ?? boundOf(end, before);
    if (bound !== undefined && bound > 1) return Math.ceil(bound / step);
  }
  return undefined;
}

/** What the loop adds to a register, if that is a positive constant. */
function stepOf(register: string, own: readonly string[]): number | undefined {
  const steps = own.flatMap((text) => {
    if (!ADD.test(text)) return [];
    const [target, ...terms] = operandsOf(text);
    // `s_addk_i32 s0, 4` names its register once.
    const isCount = target === register && (terms.length === 1 || terms.includes(register));
    return isCount ? (terms.map(constantOf).find((term) => term !== undefined) ?? []) : [];
  });
  return steps.find((step) => step > 0);
}

/** The constant that bounds a register, if it was last set by `s_min_u32 s1, 16, s2`. */
function boundOf(register: string, before: readonly string[]): number | undefined {
  const last = before.findLast((text) => text.includes(register) && operandsOf(text)[0] === register);
  if (last === undefined || !MINIMUM.test(last)) return undefined;
  return operandsOf(last)
    .map(constantOf)
    .find((term) => term !== undefined);
}

function operandsOf(text: string): string[] {
  return text.slice(text.indexOf(' ') + 1).split(', ');
}

function constantOf(term: string): number | undefined {
  return /^(\d+|0x[0-9a-f]+)$/.test(term) ? Number(term) : undefined;
}

/** Cycles from a load to its value, as ACO, RADV's compiler, assumes in aco_statistics.cpp. */
const LOAD_CYCLES = { vector: 320, scalar: 200, descriptor: 30, workgroup: 20 };
type LoadKind = keyof typeof LOAD_CYCLES;

/** The counter that a wait names for loads of each kind. */
const COUNTERS: Readonly<Record<LoadKind, string>> = {
  vector: 'vmcnt',
  scalar: 'lgkmcnt',
  descriptor: 'lgkmcnt',
  workgroup: 'lgkmcnt',
};

const HINT = /^s_(delay_alu|waitcnt|clause|set_inst_prefetch|inst_prefetch)/;

function countsOf(instructions: readonly string[]): CodeCounts {
  const counts = {
    instructions: 0,
    vectorInstructions: 0,
    multiplyAdds: 0,
    loadedBytes: 0,
    workgroupLoads: 0,
    waitCycles: 0,
  };
  // Cycles since the first instruction; each takes one, and a wait as many as its loads still need.
  let cycle = 0;
  let pending: { kind: LoadKind; readyAt: number }[] = [];
  const wait = (loads: readonly { readyAt: number }[]): void => {
    const cycles = Math.max(0, ...loads.map(({ readyAt }) => readyAt - cycle));
    counts.waitCycles += cycles;
    cycle += cycles;
    pending = pending.filter((load) => !loads.includes(load));
  };
  for (const text of instructions) {
    if (!HINT.test(text)) {
      counts.instructions++;
      cycle++;
    }
    if (text.startsWith('v_')) counts.vectorInstructions++;
    counts.multiplyAdds += text.match(/\bv_(dual_|pk_)?(fma|mac_f32|mad_f32)/g)?.length ?? 0;
    if (text.startsWith('s_waitcnt ')) wait(awaited(text, pending));
    const kind = loadKind(text);
    if (kind === undefined) continue;
    pending.push({ kind, readyAt: cycle + LOAD_CYCLES[kind] });
    if (kind === 'workgroup') counts.workgroupLoads++;
    if (/^(buffer|global)_/.test(text)) counts.loadedBytes += loadBytes(text);
  }
  // The next turn of a loop waits for the rest.
  wait(pending);
  return counts;
}

/** The loads that a wait names: of each counter all but the last few, as their values come in order. */
function awaited<Load extends { kind: LoadKind }>(text: string, pending: readonly Load[]): Load[] {
  return ['vmcnt', 'lgkmcnt'].flatMap((counter) => {
    const left = new RegExp(`${counter}\\((\\d+)\\)`).exec(text)?.[1];
    const own = pending.filter(({ kind }) => COUNTERS[kind] === counter);
    return left === undefined ? [] : own.slice(0, Math.max(0, own.length - Number(left)));
  });
}

function loadKind(text: string): LoadKind | undefined {
  if (/^(buffer|global|flat|scratch)_load_/.test(text)) return 'vector';
  if (text.startsWith('s_buffer_load_')) return 'scalar';
  if (text.startsWith('s_load_')) return 'descriptor';
  return /^ds_(load|read|bpermute|swizzle)/.test(text) ? 'workgroup' : undefined;
}

/** RDNA 3 names bits, older GPUs words. */
function loadBytes(text: string): number {
  const bits = /_load_(?:d16_(?:hi_)?)?[biu](\d+)/.exec(text)?.[1];
  if (bits !== undefined) return Number(bits) / 8;
  const words = /_load_dword(?:x(\d))?/.exec(text);
  if (words !== null) return 4 * Number(words[1] ?? 1);
  return /_load_(u|s)?short|d16/.test(text) ? 2 : 1;
}
