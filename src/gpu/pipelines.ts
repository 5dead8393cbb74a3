/** Compute pipelines, compiled once per kernel variant and device. */
import { ShaderCompileError } from '../errors.ts';
import { activeBindings, variantName } from '../plan/kernel.ts';
import type { Dispatch } from '../plan/kernel.ts';

const SHADER_STAGE_COMPUTE = 0x4;

export interface Pipeline {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #known = new Map<string, Promise<Pipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The pipeline of a dispatch's variant; equal variants share one compilation. */
  get(dispatch: Dispatch): Promise<Pipeline> {
    const name = variantName(dispatch);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const compiled = this.#compile(name, dispatch);
    this.#known.set(name, compiled);
    // A pipeline that failed for lack of memory can be retried later.
    compiled.catch(() => this.#known.delete(name));
    return compiled;
  }

  async #compile(name: string, dispatch: Dispatch): Promise<Pipeline> {
    const device = this.#device;
    const { kernel, flags, constants, sizes } = dispatch;
    // The table of all shaders is 5 KB that a page does not need before its first flow.
    const { preprocess } = await import('./preprocess.ts');
    const code = await preprocess(kernel.stem, flags, sizes);

    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: name, code });
    const layout = device.createBindGroupLayout({
      label: name,
      entries: [
        { binding: 0, visibility: SHADER_STAGE_COMPUTE, buffer: { type: 'uniform' } },
        ...activeBindings(kernel, flags).map(({ binding, spec }) => ({
          binding,
          visibility: SHADER_STAGE_COMPUTE,
          buffer: { type: spec.access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
        })),
      ],
    });
    const pipeline = device.createComputePipelineAsync({
      label: name,
      layout: device.createPipelineLayout({ label: name, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main', constants },
    });
    // Error scopes close in the order they were opened, before any other work on this device can open one.
    const [scope, made] = await Promise.allSettled([device.popErrorScope(), pipeline]);
    if (made.status === 'fulfilled' && scope.status === 'fulfilled' && scope.value === null) {
      return { pipeline: made.value, layout };
    }
    const { messages } = await module.getCompilationInfo();
    const first = messages.find((message) => message.type === 'error');
    const reason = made.status === 'rejected' ? String(made.reason) : undefined;
    const scoped = scope.status === 'fulfilled' ? scope.value?.message : String(scope.reason);
    throw new ShaderCompileError(
      name,
      first?.lineNum,
      first?.message ?? scoped ?? reason ?? 'the pipeline could not be made',
    );
  }
}
