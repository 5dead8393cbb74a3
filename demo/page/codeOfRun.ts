/** The library code that trains the same model. */
import { PRESETS, toyDensity } from '../../src/index.ts';
import type { LabelColumn } from '../../src/index.ts';
import type { DataSettings, ModelSettings, ToyData } from '../protocol.ts';
import { toyClasses } from '../classes.ts';
import { baseNameOf, BASES } from '../bases.ts';
import type { BaseName } from '../bases.ts';
import { quoted } from './csvText.ts';
import { PRESET_CHOICES } from '../presets.ts';

/** JavaScript for Node with `wgflow` installed; a page needs no lines about the device. */
export function codeOfRun(model: ModelSettings, data: DataSettings): string {
  const { preset, batch, learningRate, steps, seed } = model;
  const finite = data.kind === 'toy' && data.size !== 'endless';
  const isTable = data.kind === 'rows' && data.cells !== undefined;
  const column = columnOf(data);
  const imports = [
    ...(column === undefined ? [] : ['encodeContext']),
    'Flow',
    preset,
    ...(finite ? ['toyDensity'] : []),
  ];
  return [
    `import { ${imports.join(', ')} } from 'wgflow';`,
    `import { openDevice } from 'wgflow/node'; // in a page, leave out this line and every device`,
    ...(data.kind === 'rows' ? [`import { readFile } from 'node:fs/promises';`] : []),
    ...(isTable ? [`import { Table } from 'wgflow/table';`, `import { parse } from 'csv-parse/sync';`] : []),
    '',
    ...dataLines(data),
    ...(column === undefined ? [] : [`const contextColumns = [${columnText(column)}];`]),
    ...contextLines(data),
    `const device = await openDevice();`,
    `const spec = ${preset}(${isTable ? 'table.shape.dim' : dimOf(data)}, { ${presetOptions(model, data).join(', ')} });`,
    ...scaleLines(model),
    `const flow = await Flow.create(spec, { device, seed: ${seed} });`,
    `const options = { steps: ${steps}, batch: ${batch}, learningRate: ${learningRate}, schedule: ${scheduleText(model.schedule)}, clipNorm: ${PRESETS[preset].training.clipNorm}, seed: ${seed}${givenText(data)}${stopText(model, data)} };`,
    `for await (const { step, nll } of ${isTable ? 'table.fit(flow, rows, options)' : 'flow.fit(data, options)'}) console.log(step, nll);`,
    column === undefined
      ? `console.log(await ${isTable ? 'table.sample(flow, ' : 'flow.sample('}10, { seed: 7 }));`
      : `console.log(await ${isTable ? 'table.sample(flow, ' : 'flow.sample('}10, { seed: 7, context: encodeContext(contextColumns, [[${textOf(column.levels.at(-1) ?? '')}]]) }));`,
    '',
  ].join('\n');
}

/**
 * Code for a model that no settings produce: it loads the model's file.
 * @param level the class to sample, if the model has classes
 */
export function codeOfFile(fileName: string, level: string | undefined): string {
  const given =
    level === undefined ? '' : `, context: encodeContext(flow.training.context, [[${textOf(level)}]])`;
  return [
    `import { ${level === undefined ? '' : 'encodeContext, '}Flow } from 'wgflow';`,
    `import { openDevice } from 'wgflow/node'; // in a page, leave out this line and every device`,
    `import { readFile } from 'node:fs/promises';`,
    '',
    `const device = await openDevice();`,
    `const flow = await Flow.load(await readFile(${textOf(fileName)}), { device });`,
    `console.log(await flow.sample(10, { seed: 7${given} }));`,
    '',
  ].join('\n');
}

function dimOf(data: DataSettings): number {
  return data.kind === 'toy' ? toyDensity(data.name).dim : data.columns.length;
}

function presetOptions(
  { preset, couplings, hidden, residualBlocks, base }: ModelSettings,
  data: DataSettings,
): string[] {
  const column = columnOf(data);
  return [
    `couplings: ${couplings}`,
    `hidden: [${hidden.join(', ')}]`,
    ...(residualBlocks === 0 ? [] : [`residualBlocks: ${residualBlocks}`]),
    ...(column === undefined ? [] : [`contextDim: ${column.levels.length}`]),
    ...domainOption(data),
    ...(baseNameOf(PRESETS[preset].spec(dimOf(data)).base) === base ? [] : [`base: ${baseText(base)}`]),
  ];
}

/** One domain if all columns have it; a table brings its own. */
function domainOption(data: DataSettings): string[] {
  if (data.kind !== 'rows') return [];
  if (data.cells !== undefined) return ['domain: table.shape.domain'];
  const { domains = [] } = data;
  const [first = 'real'] = domains;
  if (domains.some((domain) => domain !== first)) return [`domain: [${domains.map(textOf).join(', ')}]`];
  return first === 'real' ? [] : [`domain: '${first}'`];
}

function baseText(base: BaseName): string {
  const fields = Object.entries(BASES[base].spec).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? `'${value}'` : value}`,
  );
  return `{ ${fields.join(', ')} }`;
}

function dataLines(data: DataSettings): string[] {
  if (data.kind === 'rows' && data.cells !== undefined) {
    const label = data.labels?.column.name;
    const names = data.cells.table.map(({ name }) => name).filter((name) => name !== label);
    const chosen = label === undefined ? '' : `, { columns: [${names.map(textOf).join(', ')}] }`;
    return [
      `const rows = parse(await readFile('data.csv'), { columns: true }); // "Data, CSV" saves it`,
      `const table = Table.infer(rows${chosen});`,
    ];
  }
  if (data.kind === 'rows') {
    const numbers = data.labels === undefined ? '' : `.slice(0, ${data.columns.length})`;
    const array = data.rows instanceof Float64Array ? 'Float64Array' : 'Float32Array';
    return [
      `const lines = (await readFile('data.csv', 'utf8')).trim().split('\\n').slice(1); // "Data, CSV" saves it`,
      `const data = ${array}.from(lines.flatMap((line) => line.split(',')${numbers}.map(Number)));`,
    ];
  }
  const { name, noise, size } = data;
  if (size === 'endless') {
    return [`const data = { toy: '${name}'${noise === undefined ? '' : `, noise: ${noise}`} };`];
  }
  return [`const data = ${toyText(data)}.sample(0, 2, 0, ${size});`];
}

/** The column of split classes, with labels as "Data, CSV" writes them. */
function columnOf(data: DataSettings): LabelColumn | undefined {
  if (data.kind === 'toy') return data.apart === true ? toyClasses(data.name) : undefined;
  const column = data.labels?.column;
  if (data.cells !== undefined) return column;
  return column && { name: column.name, levels: column.levels.map(quoted) };
}

function columnText({ name, levels }: LabelColumn): string {
  return `{ name: ${textOf(name)}, levels: [${levels.map(textOf).join(', ')}] }`;
}

/** The context of each row; endless toy points bring their own. */
function contextLines(data: DataSettings): string[] {
  const column = columnOf(data);
  if (column === undefined) return [];
  if (data.kind === 'rows' && data.cells !== undefined) {
    return [
      `const context = encodeContext(contextColumns, rows.map((row) => [row[${textOf(column.name)}]]));`,
    ];
  }
  if (data.kind === 'rows') {
    const label = `line.split(',').slice(${data.columns.length}).join(',')`;
    return [`const context = encodeContext(contextColumns, lines.map((line) => [${label}]));`];
  }
  if (data.size === 'endless') return [];
  return [`const context = ${toyText(data)}.sampleClasses(0, 2, 0, ${data.size});`];
}

function givenText(data: DataSettings): string {
  if (columnOf(data) === undefined) return '';
  const isBrought = data.kind === 'toy' && data.size === 'endless';
  return isBrought ? ', contextColumns' : ', context, contextColumns';
}

/** Finite data stop training by default, so only the opposite is written. */
function stopText({ allSteps }: ModelSettings, data: DataSettings): string {
  const isEndless = data.kind === 'toy' && data.size === 'endless';
  return allSteps === true && !isEndless ? ', validation: false' : '';
}

function toyText({ name, noise }: ToyData): string {
  return `toyDensity('${name}'${noise === undefined ? '' : `, { noise: ${noise} }`})`;
}

function textOf(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

function scaleLines({ preset, scale }: ModelSettings): string[] {
  const { hasScaleMap, coupling, start } = PRESET_CHOICES[preset];
  if (!hasScaleMap || start.scale === scale) return [];
  const map = scale === 'tanh' ? `{ map: 'tanh', bound: 3 }` : `{ map: '${scale}' }`;
  return [`for (const layer of spec.bijectors) if (layer.type === '${coupling}') layer.scale = ${map};`];
}

function scheduleText(schedule: string): string {
  const [kind, decay] = schedule.split(':');
  return decay === undefined ? `{ kind: '${kind}' }` : `{ kind: '${kind}', decay: ${decay} }`;
}
