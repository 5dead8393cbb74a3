/** Kernels as plain data: the contract that shader, launcher, twin and test share. */

export type ScalarType = 'u32' | 'f32';

/** The element type of a buffer: `f16` is for weights and activations at half precision. */
export type ElementType = ScalarType | 'f16';

export interface BindingSpec {
  access: 'read' | 'read_write';
  element: ElementType;
  /** The binding exists only if this `#if` flag is on. */
  when?: string;
  /** Its elements are f16 if this `#if` flag is on. */
  f16When?: string;
  /** Its contents are part of the dispatch, not a buffer of the plan. */
  table?: true;
}

/**
 * One WGSL file. `params` are the fields of its `Params` uniform at binding 0, in order; `bindings` are the
 * storage buffers at binding 1, 2, … in order.
 */
export interface KernelSpec {
  stem: string;
  params: Readonly<Record<string, ScalarType>>;
  bindings: Readonly<Record<string, BindingSpec>>;
  /** Names that the shader tests with `#if`. */
  flags?: readonly string[];
  /** Names of the shader's `override` constants. */
  constants?: readonly string[];
  /** Names of numbers that the shader's text depends on: array lengths, `#unroll` counts. */
  sizes?: readonly string[];
}

type FlagOf<K extends KernelSpec> = K['flags'] extends readonly (infer Name extends string)[] ? Name : never;
type ConstantOf<K extends KernelSpec> = K['constants'] extends readonly (infer Name extends string)[]
  ? Name
  : never;

type SizeOf<K extends KernelSpec> = K['sizes'] extends readonly (infer Name extends string)[] ? Name : never;

export type ParamsOf<K extends KernelSpec> = { [Name in keyof K['params']]: number };
export type FlagsOf<K extends KernelSpec> = { [Name in FlagOf<K>]: boolean };
export type ConstantsOf<K extends KernelSpec> = { [Name in ConstantOf<K>]: number };
export type SizesOf<K extends KernelSpec> = { [Name in SizeOf<K>]: number };

type TableOf<K extends KernelSpec> = {
  [Name in keyof K['bindings']]: K['bindings'][Name] extends { table: true } ? Name : never;
}[keyof K['bindings']];

/** Contents of tables by binding; a table with `when` may be absent. */
type TablesOf<K extends KernelSpec> = {
  [Name in TableOf<K> as K['bindings'][Name] extends { when: string } ? never : Name]: readonly number[];
} & {
  [Name in TableOf<K> as K['bindings'][Name] extends { when: string } ? Name : never]?: readonly number[];
};

/** Plan buffer names by binding; a binding with `when` may be absent. */
export type BufferNamesOf<K extends KernelSpec> = {
  [
    Name in keyof K['bindings'] as K['bindings'][Name] extends { when: string } | { table: true }
      ? never
      : Name
  ]: string;
} & {
  [
    Name in keyof K['bindings'] as K['bindings'][Name] extends { table: true }
      ? never
      : K['bindings'][Name] extends { when: string }
        ? Name
        : never
  ]?: string;
};

export type Workgroups = readonly [x: number, y: number, z: number];

/** One kernel launch of a plan. */
export interface Dispatch {
  kernel: KernelSpec;
  params: Readonly<Record<string, number>>;
  flags: Readonly<Record<string, boolean>>;
  constants: Readonly<Record<string, number>>;
  sizes: Readonly<Record<string, number>>;
  /** Binding name → name of a buffer of the plan. */
  buffers: Readonly<Record<string, string>>;
  /** Binding name → contents, for bindings that are tables of u32 words. */
  tables?: Readonly<Record<string, readonly number[]>>;
  workgroups: Workgroups;
  /** Floating-point operations of the formula; a multiply-add counts as 2. */
  flops: number;
  /** Minimum bytes moved: every element read and written once. */
  bytes: number;
  /** For a model of the time, if a table decides what the kernel does. */
  chain?: Chain;
}

/** What one invocation does, one after the other. */
export interface Chain {
  /** Entries of the table that it follows. */
  operations: number;
  /** Runs of its loop of multiply-adds, in all operations together. */
  trips: number;
}

interface LaunchParts<K extends KernelSpec> {
  params: ParamsOf<K>;
  buffers: BufferNamesOf<K>;
  workgroups: Workgroups;
  flops: number;
  bytes: number;
  chain?: Chain;
}

/** The parts of a dispatch that a launcher of `K` adds to the kernel. */
export type LaunchOf<K extends KernelSpec> = LaunchParts<K> &
  ([FlagOf<K>] extends [never] ? { flags?: undefined } : { flags: FlagsOf<K> }) &
  ([ConstantOf<K>] extends [never] ? { constants?: undefined } : { constants: ConstantsOf<K> }) &
  ([SizeOf<K>] extends [never] ? { sizes?: undefined } : { sizes: SizesOf<K> }) &
  ([TableOf<K>] extends [never] ? { tables?: undefined } : { tables: TablesOf<K> });

/** Builds a dispatch of `kernel`; its params, flags, constants, sizes and bindings are type-checked. */
export function dispatchOf<const K extends KernelSpec>(kernel: K, launch: LaunchOf<K>): Dispatch {
  const { params, buffers, workgroups, flops, bytes, chain } = launch;
  return {
    kernel,
    params,
    buffers,
    flags: launch.flags ?? {},
    constants: launch.constants ?? {},
    sizes: launch.sizes ?? {},
    ...(launch.tables === undefined ? {} : { tables: launch.tables }),
    workgroups,
    flops,
    bytes,
    ...(chain === undefined ? {} : { chain }),
  };
}

/** The bindings that a dispatch uses, with their fixed binding numbers. */
export function activeBindings(
  kernel: KernelSpec,
  flags: Readonly<Record<string, boolean>>,
): { name: string; binding: number; spec: BindingSpec }[] {
  return Object.entries(kernel.bindings)
    .map(([name, spec], index) => ({ name, binding: index + 1, spec }))
    .filter(({ spec }) => spec.when === undefined || flags[spec.when] === true);
}

/** The element type of a binding in a dispatch with these flags. */
export function elementOf(
  { element, f16When }: BindingSpec,
  flags: Readonly<Record<string, boolean>>,
): ElementType {
  return f16When !== undefined && flags[f16When] === true ? 'f16' : element;
}

/** A name for this kernel variant: stem, flags, constants, sizes. Equal names mean equal pipelines. */
export function variantName(dispatch: Dispatch): string {
  const flags = Object.entries(dispatch.flags)
    .filter(([, on]) => on)
    .map(([name]) => name);
  const numbers = Object.entries({ ...dispatch.constants, ...dispatch.sizes });
  const details = [...flags, ...numbers.map(([name, value]) => `${name}=${value}`)].join(',');
  return details === '' ? dispatch.kernel.stem : `${dispatch.kernel.stem}[${details}]`;
}

type HostArrayOf<E extends ElementType> = E extends 'u32' ? Uint32Array : Float64Array;

/** The arguments of a twin: the dispatch's params, and its buffers as f64 or u32 arrays, updated in place. */
export interface TwinCall<K extends KernelSpec> {
  params: ParamsOf<K>;
  flags: FlagsOf<K>;
  constants: ConstantsOf<K>;
  sizes: SizesOf<K>;
  buffers: {
    [Name in keyof K['bindings']]: HostArrayOf<K['bindings'][Name]['element']>;
  };
}

/** The f64 twin of a kernel: the same result from the simplest code for the mathematics. */
export type Twin<K extends KernelSpec> = (call: TwinCall<K>) => void;
