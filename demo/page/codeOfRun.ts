/** The code that trains the same model by the library. */
import type { DataSettings, ModelSettings } from '../protocol.ts';
import { toyDensity } from '../../src/data/toy.ts';
import { PRESETS } from '../../src/flows/index.ts';
import { BASES } from '../bases.ts';
import type { BaseName } from '../bases.ts';
import { PRESET_SETTINGS, hasScaleMap } from './settings.ts';

/** JavaScript for Node with `wgflow` installed, or for a page without the lines about the device. */
export function codeOfRun(model: ModelSettings, data: DataSettings): string {
  const { preset, batch, learningRate, steps, seed } = model;
  const finite = data.kind === 'toy' && data.size !== 'endless';
  const imports = ['Flow', preset, ...(finite ? ['toyDensity'] : [])];
  return [
    `import { ${imports.join(', ')} } from 'wgflow';`,
    `import { openDevice } from 'wgflow/node'; // in a page, leave out this line and every device`,
    ...(data.kind === 'rows' ? [`import { readFile } from 'node:fs/promises';`] : []),
    '',
    ...dataLines(data),
    `const device = await openDevice();`,
    `const spec = ${preset}(${dimOf(data)}, { ${presetOptions(model, data).join(', ')} });`,
    ...scaleLines(model),
    `const flow = await Flow.create(spec, { device, seed: ${seed} });`,
    `const options = { steps: ${steps}, batch: ${batch}, learningRate: ${learningRate}, schedule: ${scheduleText(model.schedule)}, clipNorm: ${PRESETS[preset].training.clipNorm}, seed: ${seed} };`,
    `for await (const { step, nll } of flow.fit(data, options)) console.log(step, nll);`,
    `console.log(await flow.sample(10, { seed: 7 }));`,
    '',
  ].join('\n');
}

function dimOf(data: DataSettings): number {
  return data.kind === 'toy' ? toyDensity(data.name).dim : data.columns.length;
}

function presetOptions(
  { couplings, hidden, residualBlocks, base }: ModelSettings,
  data: DataSettings,
): string[] {
  const domain = data.kind === 'rows' ? (data.domain ?? 'real') : 'real';
  return [
    `couplings: ${couplings}`,
    `hidden: [${hidden.join(', ')}]`,
    ...(residualBlocks === 0 ? [] : [`residualBlocks: ${residualBlocks}`]),
    ...(domain === 'real' ? [] : [`domain: '${domain}'`]),
    ...(base === 'normal' ? [] : [`base: ${baseText(base)}`]),
  ];
}

function baseText(base: BaseName): string {
  const fields = Object.entries(BASES[base]).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? `'${value}'` : value}`,
  );
  return `{ ${fields.join(', ')} }`;
}

function dataLines(data: DataSettings): string[] {
  if (data.kind === 'rows') {
    return [
      `const lines = (await readFile('data.csv', 'utf8')).trim().split('\\n').slice(1); // "Data, CSV" saves it`,
      `const data = Float32Array.from(lines.flatMap((line) => line.split(',').map(Number)));`,
    ];
  }
  const { name, noise, size } = data;
  if (size === 'endless') {
    return [`const data = { toy: '${name}'${noise === undefined ? '' : `, noise: ${noise}`} };`];
  }
  const options = noise === undefined ? '' : `, { noise: ${noise} }`;
  return [`const data = toyDensity('${name}'${options}).sample(0, 2, 0, ${size});`];
}

function scaleLines({ preset, scale }: ModelSettings): string[] {
  if (!hasScaleMap(preset) || PRESET_SETTINGS[preset].scale === scale) return [];
  const map = scale === 'tanh' ? `{ map: 'tanh', bound: 3 }` : `{ map: '${scale}' }`;
  return [`for (const layer of spec.bijectors) if (layer.type === 'affine_coupling') layer.scale = ${map};`];
}

function scheduleText(schedule: string): string {
  const [kind, decay] = schedule.split(':');
  return decay === undefined ? `{ kind: '${kind}' }` : `{ kind: '${kind}', decay: ${decay} }`;
}
