/** A canvas that the page has handed over. */
import { PICTURES } from '../../protocol.ts';
import type { Picture } from '../../protocol.ts';
import type { Rgb } from './colours.ts';
import type { Size } from './frame.ts';

export class Surface {
  readonly canvas: OffscreenCanvas;
  readonly #canvasContext: GPUCanvasContext;
  #device: GPUDevice | undefined;
  #isShown: boolean;

  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext('webgpu');
    if (context === null) throw new Error('this canvas gives no WebGPU context');
    this.canvas = canvas;
    this.#canvasContext = context;
    this.#isShown = canvas.width >= 1 && canvas.height >= 1;
  }

  /** Draws on this device from now on. */
  configure(device: GPUDevice, format: GPUTextureFormat): void {
    this.#device = device;
    this.#canvasContext.configure({ device, format, alphaMode: 'opaque' });
  }

  get size(): Size {
    return { width: this.canvas.width, height: this.canvas.height };
  }

  /** A canvas without a size is hidden: nothing is computed or drawn for it. */
  get isShown(): boolean {
    return this.#isShown;
  }

  /** Returns whether the size changed, which clears the canvas; without a size it keeps its content. */
  resize(width: number, height: number): boolean {
    this.#isShown = width >= 1 && height >= 1;
    const size = { width: Math.round(width), height: Math.round(height) };
    const isSame = size.width === this.canvas.width && size.height === this.canvas.height;
    if (!this.#isShown || isSame) return false;
    Object.assign(this.canvas, size);
    return true;
  }

  /** Clears the canvas and draws on it, in one submit. */
  draw(background: Rgb, draw: (renderPass: GPURenderPassEncoder, size: Size) => void): void {
    if (this.#device === undefined) return;
    const [r, g, b] = background;
    const encoder = this.#device.createCommandEncoder({ label: 'picture' });
    const renderPass = encoder.beginRenderPass({
      label: 'picture',
      colorAttachments: [
        {
          view: this.#canvasContext.getCurrentTexture().createView(),
          clearValue: { r, g, b, a: 1 },
          loadOp: 'clear',
          storeOp: 'store',
        },
      ],
    });
    draw(renderPass, this.size);
    renderPass.end();
    this.#device.queue.submit([encoder.finish()]);
  }
}

/** Wraps each canvas in a surface. */
export function surfacesOf(canvases: Record<Picture, OffscreenCanvas>): Record<Picture, Surface> {
  return Object.fromEntries(PICTURES.map((picture) => [picture, new Surface(canvases[picture])])) as Record<
    Picture,
    Surface
  >;
}
