import { describe, expect, it } from 'vitest';
import { toyDensity } from '../../src/data/toy.ts';
import { Flow } from '../../src/flow.ts';
import { realnvp } from '../../src/flows/index.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { STREAMS, normals } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { modelOf, randomParameters } from '../support/randomSpecs.ts';
import { testDevice } from '../support/device.ts';

const rel = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let d = 0,
    n = 0;
  for (let i = 0; i < b.length; i++) {
    d += (a[i]! - b[i]!) ** 2;
    n += b[i]! ** 2;
  }
  return { d: Math.sqrt(d), n: Math.sqrt(n), r: Math.sqrt(d / n) };
};
const cat = (g: Record<string, ArrayLike<number>>) => Object.values(g).flatMap((t) => [...(t as number[])]);
const show = (label: string, f: Record<string, Float32Array>, w: Record<string, Float64Array>) => {
  const per = Object.entries(w)
    .map(([k, t]) => ({ k, ...rel(f[k]!, t) }))
    .sort((a, b) => b.r - a.r);
  const all = rel(cat(f), cat(w));
  console.log(
    label,
    'whole',
    all.r.toExponential(2),
    'norm',
    all.n.toExponential(2),
    'worst',
    per
      .slice(0, 3)
      .map(
        (p) =>
          `${p.k} ${p.r.toExponential(2)} (norm ${p.n.toExponential(2)}, d/whole ${(p.d / all.n).toExponential(2)})`,
      )
      .join('; '),
  );
};

describe('x', () => {
  it.each([12, 32])('m %i', async (couplings) => {
    const device = await testDevice();
    const spec = realnvp(2, { couplings, hidden: [16, 16] });
    const wc = () => {
      const { layout } = modelOf(spec);
      const p = new Float32Array(normals(couplings, STREAMS.init, layout.length)).map((v) => 0.15 * v);
      for (const s of layout.bijectors)
        if (s.type === 'standardize') p.fill(1.5, s.std.offset, s.std.offset + s.std.length);
      return p;
    };
    for (const [name, parameters] of [
      ['random', randomParameters(spec, couplings)],
      ['wc', wc()],
    ] as const) {
      using flow = await Flow.load(encodeModel({ spec, parameters }), { device });
      const twin = new ReferenceFlow(spec, parameters);
      for (const rows of [257]) {
        const x = new Float32Array(normals(0, STREAMS.toyTest, rows * 2));
        const { z, logDet } = await flow.forward(x);
        const w = twin.forward(x);
        const mx = (a: ArrayLike<number>, b: ArrayLike<number>) => {
          let m = 0;
          for (let i = 0; i < a.length; i++) m = Math.max(m, Math.abs(a[i]! - b[i]!) / (1 + Math.abs(b[i]!)));
          return m.toExponential(2);
        };
        const back = await flow.inverse(z);
        console.log(
          name,
          couplings,
          'z',
          mx(z, w.z),
          'logdet',
          mx(logDet, w.logDet),
          'back',
          mx(back.x, x),
          'ld',
          mx(
            back.logDet,
            logDet.map((v) => -v),
          ),
        );
        show(
          `${name} ${couplings} ${rows}`,
          (await flow.gradients(x)).gradients,
          twin.gradients(x).gradients,
        );
      }
    }
    for (const steps of [100, 200])
      for (const seed of [1]) {
        const t0 = performance.now();
        using flow = await Flow.create(spec, { device, seed });
        for await (const _ of flow.fit(
          { toy: 'moons' },
          { steps, batch: 256, learningRate: 5e-3, schedule: { kind: 'cosine' }, clipNorm: 1, seed },
        ));
        const t1 = performance.now();
        const p = await flow.parameters();
        const parameters = new Float32Array(modelOf(spec).layout.length);
        for (const t of modelOf(spec).layout.tensors) parameters.set(p[t.name]!, t.offset);
        const twin = new ReferenceFlow(spec, parameters);
        for (const rows of [256, 2048]) {
          const x = toyDensity('moons').sample(9, STREAMS.toyTest, 0, rows);
          const f = await flow.gradients(x),
            w = twin.gradients(x);
          show(
            `trained ${couplings} steps ${steps} rows ${rows} nll ${w.nll.toFixed(3)}`,
            f.gradients,
            w.gradients,
          );
        }
        console.log('time', t1 - t0, performance.now() - t1);
      }
    expect(1).toBe(1);
  });
});
