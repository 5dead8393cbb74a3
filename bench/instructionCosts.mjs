/**
 * `node bench/instructionCosts.mjs`: the cost of one load, store, shuffle and multiply-add on the adapter,
 * per subgroup of 8 invocations. These costs decide how the fused and streamed kernels are cut;
 * docs/performance.md has the figures.
 */
import { openDevice } from '../dist/node.js';

const GROUPS = 64;
const GROUP_SIZE = 8;
const TURNS = 4096;
const REPEATS = 5;
const PER_TURN = 8;

/** `GPUBufferUsage.STORAGE` and `.UNIFORM`, which are not globals in Node. */
const STORAGE = 0x80;
const UNIFORM = 0x40;

const eight = (line) => Array.from({ length: PER_TURN }, (_, i) => line(i)).join('\n');

/**
 * The measured codes: an optional second binding or variable, code before the loop, and eight lines of its
 * body.
 */
const PROBES = [
  { name: 'loop, empty', body: 'sum.x += f32(turn);', lines: 1 },
  {
    name: 'multiply-add, fma(), eight chains',
    before: eight((i) => `var c${i} = f32(local + ${i}u);`),
    body: eight((i) => `c${i} = fma(c${i}, 0.999, 0.001);`),
    after: `sum.x = ${Array.from({ length: PER_TURN }, (_, i) => `c${i}`).join(' + ')};`,
  },
  {
    name: 'storage, f32',
    second: storage('f32'),
    body: eight((i) => `sum.x += data[turn + local + ${8 * i}u];`),
  },
  {
    name: 'storage, vec4f',
    second: storage('vec4f'),
    body: eight((i) => `sum += data[turn + local + ${8 * i}u];`),
  },
  {
    name: 'storage, vec4f, the same for all',
    second: storage('vec4f'),
    body: eight((i) => `sum += data[turn + ${i}u];`),
  },
  {
    name: 'uniform, vec4f',
    second: '@group(0) @binding(1) var<uniform> data: array<vec4f, 4096>;',
    usage: UNIFORM,
    body: eight((i) => `sum += data[(turn + local + ${8 * i}u) & 4095u];`),
  },
  {
    name: 'workgroup memory, f32',
    second: 'var<workgroup> data: array<f32, 512>;',
    body: eight((i) => `sum.x += data[(turn + local + ${8 * i}u) & 511u];`),
  },
  {
    name: 'workgroup memory, vec4f',
    second: 'var<workgroup> data: array<vec4f, 512>;',
    body: eight((i) => `sum += data[(turn + local + ${8 * i}u) & 511u];`),
  },
  {
    name: 'private array, vec4f, index of the loop',
    before: 'var data: array<vec4f, 64>; for (var i = 0u; i < 64u; i++) { data[i] = vec4f(f32(local * i)); }',
    body: eight((i) => `sum += data[(turn + ${i}u) & 63u];`),
  },
  {
    name: 'storage, vec4f, store',
    second: storage('vec4f', 'read_write'),
    body: eight((i) => `data[local + ${8 * i}u] = vec4f(f32(turn));`),
  },
  {
    name: 'subgroupShuffle, vec4f, from a fixed lane',
    feature: 'subgroups',
    before: 'let own = vec4f(f32(local));',
    body: eight((i) => `sum += subgroupShuffle(own + sum, ${i}u);`),
  },
];

const device = await openDevice();
console.log(
  `${device.adapterInfo.description || device.adapterInfo.device}; median of ${REPEATS}, divided by eight a turn`,
);
for (const probe of PROBES) {
  if (probe.feature !== undefined && !device.features.has(probe.feature)) continue;
  console.log(`${probe.name.padEnd(44)}${(await nanoseconds(probe)).toFixed(2).padStart(8)} ns`);
}
process.exit(0);

async function nanoseconds({
  second = '',
  usage = STORAGE,
  before = '',
  body,
  after = '',
  feature,
  lines = PER_TURN,
}) {
  const code = `${feature === undefined ? '' : `enable ${feature};`}
@group(0) @binding(0) var<storage, read_write> output: array<f32>;
${second}
@compute @workgroup_size(${GROUP_SIZE})
fn main(@builtin(global_invocation_id) invocation: vec3u, @builtin(local_invocation_index) local: u32) {
  var sum = vec4f();
  ${before}
  for (var turn = 0u; turn < ${TURNS}u; turn++) {
    ${body}
  }
  ${after}
  output[invocation.x] = sum.x + sum.y + sum.z + sum.w;
}`;
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  });
  const buffers = [buffer(STORAGE), ...(second.startsWith('@group') ? [buffer(usage)] : [])];
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((made, binding) => ({ binding, resource: { buffer: made } })),
  });
  const times = [];
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(GROUPS);
    pass.end();
    const begun = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    // The first run compiles.
    if (repeat > 0) times.push(performance.now() - begun);
  }
  for (const made of buffers) made.destroy();
  const median = times.sort((a, b) => a - b)[REPEATS >> 1];
  // Two cores share the workgroups of a software adapter; the figure is for one core.
  return (2 * 1e6 * median) / (GROUPS * TURNS * lines);
}

function storage(element, access = 'read') {
  return `@group(0) @binding(1) var<storage, ${access}> data: array<${element}>;`;
}

function buffer(usage) {
  return device.createBuffer({ size: usage === UNIFORM ? 65_536 : 131_072, usage });
}
