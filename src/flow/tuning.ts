/** The tuner: picks the kernel variants of a flow by a short timed search on its device, and caches them. */
import { ShaderCompileError } from '../errors.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { purposePlan, purposeText } from '../passes/purpose.ts';
import type { DeviceFacts, Purpose } from '../passes/purpose.ts';
import { chunkRowsFor, TIMED } from '../passes/index.ts';
import type { TunedPass } from '../passes/index.ts';
import type { FlowModel } from '../spec/layout.ts';
import { fixedVariants } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { TuningOptions, TuningReport } from './tuningOptions.ts';

/** Loaded with the first search or stored choice, so that a page starts without it. */
const search = () => import('./later.ts');

/** Devices whose drivers could not compile a resident kernel. */
const refusing = new WeakSet<Gpu>();

export class Tuner {
  readonly #context: Gpu;
  readonly #model: FlowModel;
  readonly #options: TuningOptions;
  readonly #device: DeviceFacts;
  readonly #told = new Set<string>();
  /** The last choice for each pass and number of rows. */
  readonly #chosen: Map<string, KernelVariants>;

  /** @param before the tuner of a lost device, whose choices stand until there are others */
  constructor(context: Gpu, model: FlowModel, options: TuningOptions, before?: Tuner) {
    this.#chosen = new Map(before === undefined ? [] : before.#chosen);
    this.#context = context;
    this.#model = model;
    this.#options = options;
    this.#device = {
      subgroupMinSize: context.adapter.subgroupMinSize,
      software: context.adapter.software,
      maxStorageBufferBindingSize: context.device.limits.maxStorageBufferBindingSize,
    };
  }

  get #facts(): DeviceFacts {
    return { ...this.#device, refusesResident: refusing.has(this.#context) };
  }

  /** The fixed table's choice, without a search. */
  get fixed(): KernelVariants {
    return fixedVariants(this.#facts, this.#options.precision);
  }

  /** The fixed table's choice at precision f32, regardless of the flow's precision. */
  get single(): KernelVariants {
    return fixedVariants(this.#facts, 'f32');
  }

  /** The last choice of `variantsFor`, or the fixed table's choice if there is none. */
  chosenFor(pass: TunedPass, rows: number): KernelVariants {
    return this.#chosen.get(purposeText(this.#purpose(pass, rows))) ?? this.fixed;
  }

  /** The choice for plans of at most `rows` rows; `stored`, the choice of a checkpoint, takes precedence. */
  async variantsFor(pass: TunedPass, rows: number, stored?: unknown): Promise<KernelVariants> {
    const purpose = this.#purpose(pass, rows);
    const fixed = await this.#compiledFixed(purpose);
    const kept = await this.#stored(stored, purpose);
    if (kept !== undefined) return this.#tell({ ...purpose, variants: kept, source: 'checkpoint' });
    if (this.#options.tuning === 'fixed') {
      return this.#tell({ ...purpose, variants: fixed, source: 'fixed' });
    }
    const { deviceChoice } = await search();
    const { tuningCache } = this.#options;
    return this.#tell(await deviceChoice(this.#context, this.#model, purpose, this.#facts, tuningCache));
  }

  /** The fixed table's choice for plans of at most `rows` rows, which the driver has compiled. */
  fixedFor(pass: TunedPass, rows: number): Promise<KernelVariants> {
    return this.#compiledFixed(this.#purpose(pass, rows));
  }

  /** The fixed choice; not a resident one if the driver refuses it, as an old one may: its loop has barriers. */
  async #compiledFixed(purpose: Purpose): Promise<KernelVariants> {
    if (this.fixed.regime !== 'resident') return this.fixed;
    const { dispatches } = purposePlan(this.#model, purpose, this.fixed);
    try {
      await Promise.all(dispatches.map((dispatch) => this.#context.pipelines.get(dispatch)));
    } catch (error) {
      if (!(error instanceof ShaderCompileError)) throw error;
      refusing.add(this.#context);
    }
    return this.fixed;
  }

  #purpose(pass: TunedPass, rows: number): Purpose {
    const { precision } = this.#options;
    const purpose = { pass, rows: Math.min(rows, chunkRowsFor(this.#model, TIMED[pass])) };
    return precision === undefined ? purpose : { ...purpose, precision };
  }

  #tell(report: TuningReport): KernelVariants {
    this.#chosen.set(purposeText(report), report.variants);
    const key = JSON.stringify([report.pass, report.rows, report.source, report.variants]);
    if (!this.#told.has(key)) this.#options.onTuning?.(report);
    this.#told.add(key);
    return report.variants;
  }

  /** The choice of a checkpoint, if this device can run it. */
  async #stored(stored: unknown, purpose: Purpose): Promise<KernelVariants | undefined> {
    if (stored === undefined) return undefined;
    return (await search()).storedVariants(stored, this.#model, purpose, this.#facts);
  }
}
