/** The machine code of a plan's kernels on a GPU that need not be in the machine. */
import type { AbsentGpu } from '../gpu/absentGpu.ts';
import { preprocess } from '../gpu/preprocess.ts';
import { variantName } from '../plan/kernel.ts';
import type { Dispatch } from '../plan/kernel.ts';
import type { Plan } from '../plan/plan.ts';
import { MODELLED_GPUS, modelledTime } from './gpuModel.ts';
import type { ModelledGpu, ModelledTime } from './gpuModel.ts';
import { groupSizeOf, parseMachineCode } from './machineCode.ts';
import type { MachineCode } from './machineCode.ts';

/** Compiles each distinct kernel once. */
export class KernelCode {
  readonly #gpu: AbsentGpu;
  readonly #byName = new Map<string, Promise<MachineCode>>();
  readonly #byText = new Map<string, Promise<MachineCode>>();

  constructor(gpu: AbsentGpu) {
    this.#gpu = gpu;
  }

  /** @throws {ShaderCompileError} when the kernel does not compile */
  of(dispatch: Dispatch): Promise<MachineCode> {
    const name = variantName(dispatch);
    const known = this.#byName.get(name) ?? this.#ofText(dispatch);
    this.#byName.set(name, known);
    return known;
  }

  async #ofText(dispatch: Dispatch): Promise<MachineCode> {
    const { kernel, flags, sizes, constants } = dispatch;
    const text = await preprocess(kernel.stem, flags, sizes);
    const key = `${JSON.stringify(constants)}\n${text}`;
    const known = this.#byText.get(key) ?? this.#compile(dispatch, groupSizeOf(text, constants));
    this.#byText.set(key, known);
    return known;
  }

  async #compile(dispatch: Dispatch, groupSize: number): Promise<MachineCode> {
    return parseMachineCode(await this.#gpu.compile(dispatch), groupSize);
  }
}

/** A dispatch with its machine code and its modelled time. */
export interface ModelledLaunch {
  dispatch: Dispatch;
  code: MachineCode;
  time: ModelledTime;
}

/** The dispatches of a plan in order, on the GPU that `code` is for. */
export async function modelledLaunches(
  { dispatches }: Plan,
  gpu: ModelledGpu,
  code: KernelCode,
): Promise<ModelledLaunch[]> {
  const launches: ModelledLaunch[] = [];
  for (const dispatch of dispatches) {
    const made = await code.of(dispatch);
    launches.push({ dispatch, code: made, time: modelledTime(dispatch, made, MODELLED_GPUS[gpu]) });
  }
  return launches;
}
