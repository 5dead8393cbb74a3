import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASE_NAMES } from '../../demo/bases.ts';
import { decodeShare, encodeShare, packStrokes, unpackStrokes } from '../../demo/page/shareLink.ts';
import { SCALE_MAPS, defaultSettings } from '../../demo/page/settings.ts';
import { PRESET_NAMES } from '../../demo/presets.ts';
import type { Settings, Stroke } from '../../demo/page/settings.ts';
import { TOY_NAMES } from '../../src/index.ts';

const stroke: fc.Arbitrary<Stroke> = fc.record({
  radius: fc.integer({ min: 1, max: 255 }),
  points: fc
    .array(fc.tuple(fc.integer({ min: 0, max: 1023 }), fc.integer({ min: 0, max: 1023 })), {
      minLength: 1,
      maxLength: 40,
    })
    .map((points) => points.flat()),
});
const size = fc.integer({ min: 50, max: 50_000 });
const settings: fc.Arbitrary<Settings> = fc
  .record({
    source: fc.oneof(
      fc.record(
        {
          kind: fc.constant('toy' as const),
          name: fc.constantFrom(...TOY_NAMES),
          noise: fc.integer({ min: 1, max: 100 }).map((hundredths) => hundredths / 100),
          size: fc.oneof(fc.constant('endless' as const), size),
          apart: fc.constant(true),
        },
        { requiredKeys: ['kind', 'name', 'size'] },
      ),
      fc.record({ kind: fc.constant('drawing' as const), strokes: fc.array(stroke, { maxLength: 5 }), size }),
      fc.record(
        {
          kind: fc.constant('file' as const),
          domain: fc.constantFrom('positive' as const, 'unit' as const),
          apart: fc.constant(true),
        },
        { requiredKeys: ['kind'] },
      ),
    ),
    model: fc
      .record({
        preset: fc.constantFrom(...PRESET_NAMES),
        couplings: fc.integer({ min: 1, max: 64 }),
        hidden: fc.array(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 3 }),
        residualBlocks: fc.integer({ min: 0, max: 32 }),
        scale: fc.constantFrom(...SCALE_MAPS),
        base: fc.constantFrom(...BASE_NAMES),
        batch: fc.integer({ min: 8, max: 16384 }),
        learningRate: fc.double({ min: 1e-6, max: 1, noNaN: true }),
        schedule: fc.constantFrom('cosine', 'constant', 'exponential:0.999', 'exponential:0.97'),
        steps: fc.integer({ min: 1, max: 200_000 }),
        seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      })
      // Only splines end in a box.
      .filter(({ base, preset }) => base !== 'uniform' || preset === 'spline')
      // All layers of a residual net are equally wide.
      .map((model) => (model.residualBlocks > 0 ? { ...model, hidden: model.hidden.slice(0, 1) } : model)),
    look: fc.record({
      colours: fc.constantFrom('linear' as const, 'log' as const),
      showData: fc.boolean(),
      reach: fc.integer({ min: 10, max: 100 }).map((tenths) => tenths / 10),
      columns: fc.tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 65_535 })),
      density: fc.constantFrom('marginal' as const, 'slice' as const),
      level: fc.integer({ min: 0, max: 63 }),
      screen: fc.constantFrom('desk' as const, 'projector' as const),
    }),
  })
  // The means of that base depend on the class.
  .filter(({ source, model }) => model.base !== 'class' || 'apart' in source);

describe('a share link', () => {
  it('gives back every setting', () => {
    fc.assert(
      fc.property(settings, (wanted) => {
        expect(decodeShare(`#${encodeShare(wanted)}`)).toEqual({ settings: wanted });
      }),
      { numRuns: 100 },
    );
  });

  it('can be read by people, and has no character that a chat program would cut at', () => {
    expect(encodeShare(defaultSettings())).toBe(
      'v=1&data=moons&n=endless&family=realnvp&couplings=8&hidden=32-32&scale=tanh&base=student-t:10&batch=512&rate=0.005' +
        '&schedule=cosine&steps=2000&seed=1&colours=linear&points=shown&zoom=3&columns=0-1',
    );
    fc.assert(
      fc.property(settings, (any) => {
        expect(encodeShare(any)).toMatch(/^[\w=&.:-]+$/);
      }),
      { numRuns: 30 },
    );
  });

  it('says so if training is to go on for all steps', () => {
    const settings = defaultSettings();
    expect(encodeShare(settings)).not.toContain('stop');
    const link = encodeShare({ ...settings, model: { ...settings.model, allSteps: true } });
    expect(link).toContain('&stop=last');
    expect(decodeShare(link).settings?.model.allSteps).toBe(true);
    expect(decodeShare('#v=1&stop=best').settings).toEqual(settings);
  });

  it('has defaults for what is left out', () => {
    const { source, model } = decodeShare('#v=1&data=circles&steps=500').settings!;
    expect(source).toEqual({ kind: 'toy', name: 'circles', size: 'endless' });
    expect(model).toEqual({ ...defaultSettings().model, steps: 500 });
  });

  it.each([
    ['#v=2&data=moons', /version "2"/],
    ['#v=1&data=suns', /source/],
    ['#v=1&couplings=1000', /model.couplings: found 1000, expected <=64/],
    ['#v=1&hidden=32-x', /model.hidden.1: found NaN/],
    ['#v=1&hidden=32-16&blocks=2', /Hidden widths: found 32, 16 for residual nets, expected one width/],
    ['#v=1&family=glow&base=uniform', /Base: found uniform, expected the preset spline/],
    ['#v=1&blocks=1.5', /model.residualBlocks: found 1.5/],
    ['#v=1&rate=Infinity', /Learning rate: found NaN, expected a number from 0.000001 to 1/],
    ['#v=1&rate=2', /Learning rate: found 2, expected a number from 0.000001 to 1/],
    ['#v=1&batch=4', /Batch: found 4, expected a whole number from 8 to 16,384/],
    ['#v=1&steps=200001', /Steps: found 200001, expected a whole number from 1 to 200,000/],
    ['#v=1&seed=1.5', /Seed: found 1.5, expected a whole number from 0 to 4,294,967,295/],
    ['#v=1&family=__proto__', /model.preset/],
    ['#v=1&schedule=exponential:2', /Schedule: found "exponential:2", expected cosine, constant or/],
    ['#v=1&data=drawing&n=500&strokes=%00', /drawing in the link is damaged/],
    ['#v=1&data=drawing&n=500&strokes=AAAA', /drawing in the link is damaged/],
    ['#v=1&data=moons&parts=some', /source.apart: found "some"/],
    ['#v=1&data=moons&base=class', /Base: found class, expected data that are told apart/],
    ['#v=1&data=moons&part=0', /look.level/],
    ['#v=1&data=file&domain=complex', /source.domain: found "complex"/],
    ['#v=1&data=moons&noise=7', /source.noise: found 7/],
    ['#v=1&data=moons&stop=never', /model.allSteps: found "never"/],
  ])('that is damaged or hostile is refused in words: %s', (hash, sentence) => {
    expect(decodeShare(hash)).toEqual({ mistake: expect.stringMatching(sentence) as string });
  });
});

describe('packed strokes', () => {
  it('take about two bytes a point', () => {
    const points = Array.from({ length: 200 }, (_, i) => [
      500 + 2 * i,
      Math.round(500 + 50 * Math.sin(i / 9)),
    ]).flat();
    expect(packStrokes([{ radius: 24, points }]).length).toBeLessThan(420);
  });

  it('of any bytes are either strokes on the pad or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const { radius, points } of unpackStrokes(bytes) ?? []) {
          expect(radius).toBeGreaterThan(0);
          for (const value of points) expect(value).toSatisfy((x: number) => x >= 0 && x <= 1023);
        }
      }),
      { numRuns: 300 },
    );
  });
});
