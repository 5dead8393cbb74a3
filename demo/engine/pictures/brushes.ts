/** The shaders of the pictures, compiled for a device: some lay out rows, the others draw. */
import countCellsCode from '../shaders/count_cells.wgsl?raw';
import densityScaleCode from '../shaders/density_scale.wgsl?raw';
import densityCode from '../shaders/density.wgsl?raw';
import curvesCode from '../shaders/curves.wgsl?raw';
import latticeRowsCode from '../shaders/lattice_rows.wgsl?raw';
import pointsCode from '../shaders/points.wgsl?raw';
import ringsCode from '../shaders/rings.wgsl?raw';
import smoothCellsCode from '../shaders/smooth_cells.wgsl?raw';

/** A field of a `Params` struct, in the shader's order, with its component count. */
type Field = readonly [name: string, type: 'f32' | 'u32', count: number];

interface Shader {
  label: string;
  code: string;
  params: readonly Field[];
  /** Storage buffers at bindings 1, 2, …; a drawing shader only reads them. */
  buffers: readonly ('read' | 'write')[];
  /** Vertices per instance, as a triangle strip; a shader without vertices computes. */
  vertices?: number;
}

const SHADERS = {
  latticeRows: {
    label: 'lattice_rows',
    code: latticeRowsCode,
    params: [
      ['centre', 'f32', 2],
      ['halfSize', 'f32', 2],
      ['rows', 'u32', 1],
      ['features', 'u32', 1],
      ['side', 'u32', 1],
      ['first', 'u32', 1],
      ['columnX', 'u32', 1],
      ['columnY', 'u32', 1],
    ],
    buffers: ['read', 'write'],
  },
  countCells: {
    label: 'count_cells',
    code: countCellsCode,
    params: [
      ['centre', 'f32', 2],
      ['halfSize', 'f32', 2],
      ['rows', 'u32', 1],
      ['side', 'u32', 1],
      ['startX', 'u32', 1],
      ['startY', 'u32', 1],
    ],
    buffers: ['read', 'write'],
  },
  smoothCells: {
    label: 'smooth_cells',
    code: smoothCellsCode,
    params: [
      ['side', 'u32', 1],
      ['rows', 'u32', 1],
      ['sigma', 'f32', 1],
      ['cellArea', 'f32', 1],
    ],
    buffers: ['read', 'write'],
  },
  densityScale: {
    label: 'density_scale',
    code: densityScaleCode,
    params: [['cells', 'u32', 1]],
    buffers: ['read', 'write'],
  },
  density: {
    label: 'density',
    code: densityCode,
    params: [
      ['box', 'f32', 4],
      ['viewport', 'f32', 2],
      ['side', 'u32', 1],
      ['rampSteps', 'u32', 1],
      ['nats', 'f32', 1],
      ['isLog', 'u32', 1],
    ],
    buffers: ['read', 'read', 'read'],
    vertices: 3,
  },
  points: {
    label: 'points',
    code: pointsCode,
    params: [
      ['fromFrame', 'f32', 4],
      ['toFrame', 'f32', 4],
      ['viewport', 'f32', 2],
      ['aspect', 'f32', 2],
      ['fromX', 'u32', 1],
      ['fromY', 'u32', 1],
      ['toX', 'u32', 1],
      ['toY', 'u32', 1],
      ['share', 'f32', 1],
      ['radius', 'f32', 1],
      ['ring', 'f32', 1],
      ['alpha', 'f32', 1],
      ['tintStep', 'u32', 1],
    ],
    buffers: ['read', 'read'],
    vertices: 4,
  },
  curves: {
    label: 'curves',
    code: curvesCode,
    params: [
      ['viewport', 'f32', 2],
      ['aspect', 'f32', 2],
      ['xStart', 'u32', 1],
      ['yStart', 'u32', 1],
      ['curveStep', 'u32', 1],
      ['pointStep', 'u32', 1],
      ['segments', 'u32', 1],
      ['frameStep', 'u32', 1],
      ['start', 'f32', 1],
      ['end', 'f32', 1],
      ['width', 'f32', 1],
      ['alpha', 'f32', 1],
      ['fadeLength', 'f32', 1],
    ],
    buffers: ['read', 'read', 'read'],
    vertices: 4,
  },
  rings: {
    label: 'rings',
    code: ringsCode,
    params: [
      ['frame', 'f32', 4],
      ['ring', 'f32', 4],
      ['glow', 'f32', 4],
      ['viewport', 'f32', 2],
      ['aspect', 'f32', 2],
      ['width', 'f32', 1],
    ],
    buffers: [],
    vertices: 3,
  },
} as const satisfies Record<string, Shader>;

export type BrushName = keyof typeof SHADERS;
/** The params of a shader by name. */
export type BrushParams<N extends BrushName> = {
  [F in (typeof SHADERS)[N]['params'][number] as F[0]]: F[2] extends 1 ? number : readonly number[];
};

/** The fields, for a test that compares them with the shaders' own. */
export const brushShaders: Readonly<Record<BrushName, Shader>> = SHADERS;

interface Compiled {
  layout: GPUBindGroupLayout;
  draw?: GPURenderPipeline;
  compute?: GPUComputePipeline;
}

/** All shaders of the pictures on one device. */
export class Brushes {
  readonly device: GPUDevice;
  readonly #compiled: Readonly<Record<BrushName, Compiled>>;

  private constructor(device: GPUDevice, compiled: Readonly<Record<BrushName, Compiled>>) {
    this.device = device;
    this.#compiled = compiled;
  }

  static async create(device: GPUDevice, format: GPUTextureFormat): Promise<Brushes> {
    const entries = Object.entries(SHADERS).map(
      async ([name, shader]) => [name, await compile(device, shader, format)] as const,
    );
    return new Brushes(device, Object.fromEntries(await Promise.all(entries)) as Record<BrushName, Compiled>);
  }

  /** Binds a shader to these buffers, which the caller keeps. */
  stroke<N extends BrushName>(name: N, ...buffers: GPUBuffer[]): BrushStroke<N> {
    const { params, label } = SHADERS[name];
    return new BrushStroke(this.device, label, params, this.#compiled[name], buffers);
  }
}

/** One use of a shader, with its own params. */
export class BrushStroke<N extends BrushName> {
  readonly #device: GPUDevice;
  readonly #fields: readonly Field[];
  readonly #compiled: Compiled;
  readonly #params: GPUBuffer;
  readonly #bindings: GPUBindGroup;

  constructor(
    device: GPUDevice,
    label: string,
    fields: readonly Field[],
    compiled: Compiled,
    buffers: readonly GPUBuffer[],
  ) {
    this.#device = device;
    this.#fields = fields;
    this.#compiled = compiled;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#params = device.createBuffer({ label: `${label} params`, size: paramsBytes(fields), usage });
    this.#bindings = device.createBindGroup({
      label,
      layout: compiled.layout,
      entries: [this.#params, ...buffers].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  /** Takes effect before the next submit, for every use of the stroke in it. */
  set(params: BrushParams<N>): void {
    this.#device.queue.writeBuffer(this.#params, 0, packParams(this.#fields, params));
  }

  draw(renderPass: GPURenderPassEncoder, vertices: number, instances = 1): void {
    if (this.#compiled.draw === undefined || instances < 1) return;
    renderPass.setPipeline(this.#compiled.draw);
    renderPass.setBindGroup(0, this.#bindings);
    renderPass.draw(vertices, instances);
  }

  dispatch(encoder: GPUCommandEncoder, workgroups: number): void {
    if (this.#compiled.compute === undefined) return;
    const pass = encoder.beginComputePass();
    pass.setPipeline(this.#compiled.compute);
    pass.setBindGroup(0, this.#bindings);
    pass.dispatchWorkgroups(workgroups);
    pass.end();
  }

  dispose(): void {
    this.#params.destroy();
  }
}

/** The bytes of a `Params` struct whose field order leaves no gaps. */
export function packParams(
  fields: readonly Field[],
  params: Readonly<Record<string, number | readonly number[]>>,
): ArrayBuffer {
  const bytes = new ArrayBuffer(paramsBytes(fields));
  const view = new DataView(bytes);
  let at = 0;
  for (const [name, type, count] of fields) {
    const given = params[name];
    const values = typeof given === 'number' ? [given] : (given ?? []);
    if (values.length !== count) throw new RangeError(`param ${name}: ${values.length} values, not ${count}`);
    for (const value of values) {
      if (type === 'u32') view.setUint32(at, value, true);
      else view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

function paramsBytes(fields: readonly Field[]): number {
  const numbers = fields.reduce((sum, [, , count]) => sum + count, 0);
  return Math.ceil((4 * numbers) / 16) * 16;
}

async function compile(device: GPUDevice, shader: Shader, format: GPUTextureFormat): Promise<Compiled> {
  const { label, code, buffers, vertices } = shader;
  const isDrawn = vertices !== undefined;
  const visibility = isDrawn ? GPUShaderStage.VERTEX | GPUShaderStage.FRAGMENT : GPUShaderStage.COMPUTE;
  const layout = device.createBindGroupLayout({
    label,
    entries: [
      { binding: 0, visibility, buffer: { type: 'uniform' } },
      ...buffers.map((access, index) => ({
        binding: index + 1,
        visibility,
        buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
      })),
    ],
  });
  const module = device.createShaderModule({ label, code });
  const pipelineLayout = device.createPipelineLayout({ label, bindGroupLayouts: [layout] });
  if (!isDrawn) {
    const compute = { module, entryPoint: 'main' };
    return {
      layout,
      compute: await device.createComputePipelineAsync({ label, layout: pipelineLayout, compute }),
    };
  }
  // Colours are premultiplied by alpha.
  const over = { srcFactor: 'one', dstFactor: 'one-minus-src-alpha' } as const;
  const draw = await device.createRenderPipelineAsync({
    label,
    layout: pipelineLayout,
    vertex: { module, entryPoint: 'vertex' },
    fragment: {
      module,
      entryPoint: 'fragment',
      targets: [{ format, blend: { color: over, alpha: over } }],
    },
    primitive: { topology: 'triangle-strip' },
  });
  return { layout, draw };
}
