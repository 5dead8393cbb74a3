import { describe, expect, it } from 'vitest';
import { ModelFileError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import type { ModelSource } from '../../src/calls/callerArrays.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { initialParameters } from '../../src/spec/init.ts';
import { realnvp } from '../../src/presets/index.ts';
import { testOptions } from '../support/device.ts';

const OPTIONS = await testOptions();
const spec = realnvp(2, { couplings: 2, hidden: [8] });
const bytes = encodeModel({ spec, parameters: initialParameters(spec, 5) }) as Uint8Array<ArrayBuffer>;

/** A response in pieces of `size` bytes that counts them. */
function inPieces(
  content: Uint8Array<ArrayBuffer>,
  size: number,
  end = content.length,
): { response: Response; read: () => number } {
  let next = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        if (next >= end) return controller.close();
        const piece = new Uint8Array(Math.min(size, end - next));
        piece.set(content.subarray(next, next + piece.length));
        controller.enqueue(piece);
        next += piece.length;
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(stream), read: () => next };
}

describe('load', () => {
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  it.each<[string, () => ModelSource]>([
    ['bytes', () => bytes],
    ['a part of a larger array', () => new Uint8Array([0, ...bytes, 0]).subarray(1, 1 + bytes.length)],
    ['a buffer', () => bytes.buffer],
    ['a shared buffer', () => shared],
    ['a response', () => new Response(bytes)],
    ['a response byte by byte', () => inPieces(bytes, 1).response],
    ['a blob', () => new Blob([bytes])],
    ['a file', () => new File([bytes], 'model.safetensors')],
  ])('takes %s', async (_, make) => {
    using flow = await Flow.load(make(), OPTIONS);
    expect(await flow.save()).toEqual(bytes);
  });

  it('says what a server answered', async () => {
    const answer = new Response('no such file', { status: 404, statusText: 'Not Found' });
    Object.defineProperty(answer, 'url', { value: 'https://example.org/m.safetensors' });
    const loading = Flow.load(answer, OPTIONS);
    await expect(loading).rejects.toThrow(ModelFileError);
    await expect(loading).rejects.toThrow(
      'https://example.org/m.safetensors: the server answered 404 Not Found for https://example.org/m.safetensors, expected a model. Check the address',
    );
  });

  it('refuses a response that was read, or is empty', async () => {
    const answer = new Response(bytes);
    await answer.arrayBuffer();
    await expect(Flow.load(answer, OPTIONS)).rejects.toThrow('the response was read already');
    await expect(Flow.load(new Response(null), OPTIONS)).rejects.toThrow('the response has no body');
    await expect(Flow.load(new Response(''), OPTIONS)).rejects.toThrow('found 0 bytes, expected at least 8');
  });

  it('reads no further than the header says, and nothing after a header that is no model’s', async () => {
    const longer = inPieces(bytes, 64, 2 ** 30);
    await expect(Flow.load(longer.response, OPTIONS)).rejects.toThrow(ModelFileError);
    expect(longer.read()).toBeLessThanOrEqual(bytes.length + 128);
    const zeros = inPieces(new Uint8Array(0), 64, 2 ** 30);
    await expect(Flow.load(zeros.response, OPTIONS)).rejects.toThrow('header length: found 0 bytes');
    expect(zeros.read()).toBeLessThanOrEqual(64);
    const page = inPieces(new TextEncoder().encode('<!doctype html>'.repeat(9)), 64);
    await expect(Flow.load(page.response, OPTIONS)).rejects.toThrow('This is not a safetensors file');
  });

  it('says where a cut file ends', async () => {
    await expect(Flow.load(new Response(bytes.subarray(0, 40)), OPTIONS)).rejects.toThrow(ModelFileError);
    const cut = bytes.subarray(0, bytes.length - 4);
    await expect(Flow.load(new Blob([cut]), OPTIONS)).rejects.toThrow(/no offset past the \d+ data bytes/);
  });

  it('stops in the middle of a response', async () => {
    const stopper = new AbortController();
    const never = new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }));
    const loading = Flow.load(never, { ...OPTIONS, signal: stopper.signal });
    setTimeout(() => stopper.abort(new Error('enough')), 5);
    await expect(loading).rejects.toThrow('enough');
  });
});
