/** A canvas that the page has handed over. */
import type { Rgb } from './colours.ts';
import type { Size } from './frame.ts';

export class Surface {
  readonly canvas: OffscreenCanvas;
  readonly #context: GPUCanvasContext;
  #device: GPUDevice | undefined;

  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext('webgpu');
    if (context === null) throw new Error('this canvas gives no WebGPU context');
    this.canvas = canvas;
    this.#context = context;
  }

  /** Draws on this device from now on. */
  configure(device: GPUDevice, format: GPUTextureFormat): void {
    this.#device = device;
    this.#context.configure({ device, format, alphaMode: 'opaque' });
  }

  get size(): Size {
    return { width: this.canvas.width, height: this.canvas.height };
  }

  /** A canvas of no size is not shown: nothing is drawn, nor computed for it. */
  get isShown(): boolean {
    return this.#isShown;
  }
  #isShown = true;

  resize(width: number, height: number): void {
    this.#isShown = width >= 1 && height >= 1;
    if (!this.#isShown) return;
    this.canvas.width = Math.round(width);
    this.canvas.height = Math.round(height);
  }

  /** Clears the canvas and draws on it, in one submit. */
  draw(background: Rgb, draw: (pass: GPURenderPassEncoder, size: Size) => void): void {
    if (this.#device === undefined) return;
    const [r, g, b] = background;
    const encoder = this.#device.createCommandEncoder({ label: 'picture' });
    const pass = encoder.beginRenderPass({
      label: 'picture',
      colorAttachments: [
        {
          view: this.#context.getCurrentTexture().createView(),
          clearValue: { r, g, b, a: 1 },
          loadOp: 'clear',
          storeOp: 'store',
        },
      ],
    });
    draw(pass, this.size);
    pass.end();
    this.#device.queue.submit([encoder.finish()]);
  }
}
