import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { decode, encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniforms } from '../../src/random.ts';
import { CommandLine } from './commandLine.ts';

const COUNT = 240;
const SIDE = 4;

let cli: CommandLine;

/** Images of one colour that get brighter to the right (label `right`) or to the left, with a little noise. */
function slopes(seed: number): { pixels: Uint8Array; labels: string[] } {
  const draws = uniforms(seed, 0, COUNT * SIDE * SIDE);
  const labels = Array.from({ length: COUNT }, (_, image) => (image % 2 === 0 ? 'right' : 'left'));
  const pixels = Uint8Array.from(draws, (draw, place) => {
    const slope = labels[Math.floor(place / SIDE ** 2)] === 'right' ? 40 : -40;
    return 128 + slope * ((place % SIDE) - 1.5) + 16 * draw;
  });
  return { pixels, labels };
}

function idx(shape: readonly number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, bytes]);
}

const { pixels, labels } = slopes(1);
const SIZE = '--depth 2 --width 8 --steps 300 --batch 32 --lr 0.01 --warmup 0';

beforeAll(() => {
  cli = new CommandLine();
  cli.write('images.idx.gz', gzipSync(idx([COUNT, SIDE, SIDE], pixels)));
  cli.write('labels.csv', labels.join('\n'));
  labels.slice(0, 40).forEach((label, image) => {
    mkdirSync(join(cli.folder, 'folders', label), { recursive: true });
    const data = pixels.subarray(image * SIDE ** 2, (image + 1) * SIDE ** 2);
    writeFileSync(
      join(cli.folder, 'folders', label, `${image}.png`),
      encode({ width: SIDE, height: SIDE, channels: 1, data }),
    );
  });
});

afterAll(() => cli.remove());

/** The mean brightness of the right half less that of the left half. */
function slopeOf(image: readonly number[]): number {
  return image.reduce((sum, value, place) => sum + (place % SIDE < SIDE / 2 ? -value : value), 0) / 8;
}

describe('images on the command line', () => {
  it('are trained with labels, drawn by label, and scored', async () => {
    const training = await cli.run(
      `train images.idx.gz --labels labels.csv ${SIZE} --out m.safetensors --report run --json`,
    );
    expect(training.stderr).toContain('Learning 216 images of 1 × 4 × 4 given 2 labels of images.idx.gz');
    expect(training.code).toBe(0);
    const bits = training.events().find(({ event }) => event === 'bits')?.['bitsPerDimension'];
    // The noise alone has 4 bits; without a model, pixels have 8.
    expect(bits).toBeGreaterThan(4);
    expect(bits).toBeLessThan(7);
    const report = Buffer.from(cli.bytes('run/report.html')).toString('utf8');
    expect(report).toContain('bits per dimension');
    for (const title of ['Samples', 'Between two images', 'Nearest images', 'Least likely images']) {
      expect(report).toContain(`<h3>${title}</h3>`);
    }
    const grid = decode(cli.bytes('run/samples.png'));
    expect([grid.channels, grid.width > 10 * 4]).toEqual([1, true]);

    for (const label of ['right', 'left']) {
      const drawn = await cli.run(`sample m.safetensors -n 20 --context label=${label}`);
      const rows = drawn.stdout.trim().split('\n').slice(1);
      expect(rows).toHaveLength(20);
      const values = rows.map((row) => row.split(',').slice(0, 16).map(Number));
      expect(values.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(
        true,
      );
      const mean = values.reduce((sum, image) => sum + slopeOf(image), 0) / 20;
      expect(label === 'right' ? mean : -mean).toBeGreaterThan(20);
    }
    const picture = await cli.run('sample m.safetensors -n 3 --context label=left --out grid.png');
    expect(picture.code).toBe(0);
    expect(decode(cli.bytes('grid.png')).channels).toBe(1);

    const scored = await cli.run('logprob m.safetensors images.idx.gz --labels labels.csv --row');
    const lines = scored.stdout.trim().split('\n');
    expect(lines[0]).toBe('row,log_prob');
    expect(lines).toHaveLength(COUNT + 1);
    const mean = lines.slice(1).reduce((sum, line) => sum + Number(line.split(',')[1]), 0) / COUNT;
    expect(-mean / (16 * Math.LN2)).toBeCloseTo(Number(bits), 0);
    // A wrong label makes the images less likely.
    writeFileSync(
      join(cli.folder, 'wrong.csv'),
      labels.map((label) => (label === 'left' ? 'right' : 'left')).join('\n'),
    );
    const wrong = await cli.run('logprob m.safetensors images.idx.gz --labels wrong.csv');
    const wrongMean =
      wrong.stdout
        .trim()
        .split('\n')
        .slice(1)
        .reduce((sum, line) => sum + Number(line), 0) / COUNT;
    expect(wrongMean).toBeLessThan(mean - 16);
  });

  it('in folders have their labels there, and mirror images are learned on request', async () => {
    const training = await cli.run(
      `train folders --labels folders --mirror ${SIZE} --steps 5 --out f.safetensors`,
    );
    expect(training.code).toBe(0);
    expect(training.stderr).toContain(
      'Learning 72 images of 1 × 4 × 4 given 2 labels of folders; 4 for validation',
    );
    const scored = await cli.run('logprob f.safetensors folders');
    expect(scored.stdout.trim().split('\n')).toHaveLength(41);
    const shrunk = await cli.run(
      'train folders --shrink 2 --depth 1 --width 4 --steps 3 --out s.safetensors',
    );
    expect(shrunk.stderr).toContain('images of 1 × 2 × 2');
    // The model reads the large images as it learned them.
    const large = await cli.run('logprob s.safetensors images.idx.gz');
    expect([large.code, large.stdout.trim().split('\n').length]).toEqual([0, COUNT + 1]);
  });

  it.each([
    [
      'train images.idx.gz --columns x1',
      /--columns with images, expected one of them\. It is an option of tables/,
    ],
    ['train labels.csv --mirror', /--mirror with a table, expected one of them\. It is an option of images/],
    [
      'train images.idx.gz --preset spline',
      /--preset: found spline with images, expected glow-image, realnvp-image/,
    ],
    ['train labels.csv --preset glow-image', /--preset: found glow-image with a table/],
    ['train images.idx.gz --shrink 3', /--shrink: found 3, expected a number that divides 4 and 4/],
    ['train images.idx.gz --labels folders', /found images without labels/],
    ['train images.idx.gz --labels images.idx.gz', /found 16 columns, expected one of labels/],
    ['train images.idx.gz --val labels.csv', /found a table, expected images/],
    ['explain f.safetensors images.idx.gz', /found one of images of 1 × 4 × 4, expected one of a table/],
    ['sample f.safetensors -n 0 --context label=left --out x.png', /0 images for a picture/],
    [
      'logprob f.safetensors images.idx.gz --labels short.csv',
      /found 240 images, expected 1, as there are labels/,
    ],
  ])('%s is refused', async (command, message) => {
    cli.write('short.csv', 'left\nright\n');
    const { code, stderr } = await cli.run(command);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
