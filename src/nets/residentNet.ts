/** The nets of a coupling as operations on the rows of a tile. */
import { STEPS, NONE } from '../kernels/resident/ops.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import type { CouplingBlocks } from '../model/blocks.ts';
import type { NetSlots } from '../model/tensors.ts';
import type { NetSpec } from './net.ts';
import { netOf } from './index.ts';

/** The parts of a coupling that the nets need. */
interface Coupling {
  spec: { conditioner: NetSpec };
  tensors: { blocks: CouplingBlocks; nets: readonly NetSlots[] };
}

/** What the nets leave for their backward pass. */
export interface ResidentNets {
  /** The unit at which the outputs begin. */
  outputs: number;
  regions: Regions;
  nets: readonly ResidentNet[];
  /** The slot at which the nets' inputs begin. */
  inputSlot: number;
}

interface ResidentNet {
  net: NetSlots;
  /** By hidden layer: the slots of its values, and those of its slopes, which its gradients replace. */
  valueSlots: readonly number[];
  slopeSlots: readonly number[];
}

/** The units of the hidden layers, which the nets share: two that take turns, and the running sum of a residual net. */
interface Regions {
  turns: readonly [number, number];
  sum: number;
}

/** Runs the nets on the conditioning block and the context. In a backward pass they keep what their gradients need. */
export function netsForward(ops: RowOps, coupling: Coupling): ResidentNets {
  const { blocks, nets } = coupling.tensors;
  const outputs = ops.reserve(nets.reduce((sum, { layers }) => sum + (layers.at(-1)?.outputs ?? 0), 0));
  const inputs = nets[0]?.layers[0]?.inputs ?? 0;
  const inputSlot = ops.isBackward ? ops.keep(inputs) : 0;
  if (ops.isBackward) keepInputs(ops, blocks, inputs, inputSlot);
  const regions = regionsFor(ops, coupling);
  return {
    outputs,
    inputSlot,
    regions,
    nets: nets.map((net) => netForward(ops, coupling, net, outputs + net.outputStart, regions)),
  };
}

/** Pulls the gradient of the outputs, in their units and in slots from `outputSlot` on, back through the nets. */
export function netsBackward(
  ops: RowOps,
  coupling: Coupling,
  run: ResidentNets,
  gradient = { unit: run.outputs, slot: 0 },
): void {
  const { blocks } = coupling.tensors;
  const { regions } = run;
  const condition = { start: 0, count: blocks.conditionCount };
  for (const { net, valueSlots, slopeSlots } of run.nets) {
    const routes = netOf(coupling.spec.conditioner).routes(net.layers);
    for (const route of routes.toReversed()) {
      const { layer, depth, isLast, place } = route;
      const below = routes[depth - 1];
      const from = isLast ? gradient.unit + net.outputStart : regionOf(regions, place, route);
      ops.products.push({
        outSlot: isLast ? gradient.slot + net.outputStart : (slopeSlots[depth] ?? NaN),
        outputs: layer.outputs,
        inSlot: below === undefined ? run.inputSlot : (valueSlots[below.depth] ?? NaN),
        inputs: layer.inputs,
        weight: layer.weight.offset,
        bias: layer.bias.offset,
      });
      ops.flops += 2 * layer.inputs * layer.outputs;
      if (below === undefined) {
        if (condition.count === 0) continue;
        const to = ops.dState + blocks.conditionStart;
        ops.denseBackward(layer, condition, { to, from, bias: NONE, option: STEPS.add });
        continue;
      }
      const slope = slopeSlots[below.depth] ?? NaN;
      const adds = below.isTerm && below.isActivated;
      ops.denseBackward(
        layer,
        { start: 0, count: layer.inputs },
        {
          to: regionOf(regions, below.place, below),
          from,
          bias: NONE,
          slot: slope,
          slope,
          option: STEPS.keep | (below.isActivated ? STEPS.timesSlope : 0) | (adds ? STEPS.add : 0),
        },
      );
    }
  }
}

function keepInputs(ops: RowOps, blocks: CouplingBlocks, inputs: number, slot: number): void {
  const { conditionStart: from, conditionCount: count } = blocks;
  if (count > 0) ops.add({ kind: 'keep', from, count, slot });
  if (inputs > count) ops.add({ kind: 'keep', from: ops.context, count: inputs - count, slot: slot + count });
}

function regionsFor(ops: RowOps, { spec, tensors }: Coupling): Regions {
  const hidden = tensors.nets
    .flatMap(({ layers }) => netOf(spec.conditioner).routes(layers))
    .filter(({ isLast }) => !isLast);
  const widthOf = (turn: number): number =>
    Math.max(1, ...hidden.filter(({ depth }) => depth % 2 === turn).map(({ layer }) => layer.outputs));
  const hasSum = hidden.some(({ isTerm }) => isTerm);
  const turns = [ops.reserve(widthOf(0)), ops.reserve(widthOf(1))] as const;
  return { turns, sum: hasSum ? ops.reserve(widthOf(0)) : 0 };
}

function netForward(
  ops: RowOps,
  coupling: Coupling,
  net: NetSlots,
  output: number,
  regions: Regions,
): ResidentNet {
  const { blocks } = coupling.tensors;
  const routes = netOf(coupling.spec.conditioner).routes(net.layers);
  const hidden = routes.filter(({ isLast }) => !isLast);
  const { turns } = regions;
  const slots = (): number[] => (ops.isBackward ? hidden.map(({ layer }) => ops.keep(layer.outputs)) : []);
  const [valueSlots, slopeSlots] = [slots(), slots()];
  for (const route of routes) {
    const { layer, depth, isFirst, isLast, isTerm, isActivated } = route;
    const activates = isActivated && !isTerm;
    const keeps = ops.isBackward && !isLast;
    const kept = { slot: valueSlots[depth] ?? 0, slope: slopeSlots[depth] ?? 0 };
    const steps =
      (isTerm && !isFirst ? STEPS.add : 0) |
      (activates ? STEPS.activate | (keeps ? STEPS.keepSlope : 0) : 0) |
      // The sum of a residual net itself continues; what reads it is its activation, or at the end the sum.
      (keeps && (activates || !isActivated) ? STEPS.keep : 0);
    const to = isLast ? output : regionOf(regions, route.place, route);
    const bias = layer.bias.offset;
    const below = routes[depth - 1];
    if (below === undefined) firstLayer(ops, blocks, route.layer, { ...kept, to, bias, option: steps });
    else {
      const from = below.isTerm && !below.isActivated ? regions.sum : turns[turnOf(below.depth)];
      ops.dense(layer, { start: 0, count: layer.inputs }, { ...kept, to, from, bias, option: steps });
    }
    if (!isTerm || !isActivated) continue;
    ops.add({
      ...kept,
      kind: 'activate',
      to: turns[turnOf(depth)],
      from: regions.sum,
      count: layer.outputs,
      option: ops.isBackward ? STEPS.keep | STEPS.keepSlope : 0,
    });
  }
  return { net, valueSlots, slopeSlots };
}

/** The first layer reads the conditioning block and then the context, which are apart from each other. */
function firstLayer(
  ops: RowOps,
  { conditionStart, conditionCount }: CouplingBlocks,
  layer: NetSlots['layers'][number],
  op: { to: number; bias: number; option: number; slot: number; slope: number },
): void {
  const context = { start: conditionCount, count: layer.inputs - conditionCount };
  if (conditionCount > 0) {
    const isAll = context.count === 0;
    const rest = isAll ? op : { to: op.to, bias: NONE, option: 0 };
    ops.dense(layer, { start: 0, count: conditionCount }, { ...rest, from: conditionStart });
  }
  if (context.count > 0) {
    const option = op.option | (conditionCount > 0 ? STEPS.add : 0);
    ops.dense(layer, context, { ...op, from: ops.context, option });
  }
}

function turnOf(depth: number): 0 | 1 {
  return depth % 2 === 0 ? 0 : 1;
}

function regionOf({ turns, sum }: Regions, place: number, { isTerm }: { isTerm: boolean }): number {
  return isTerm ? sum : turns[turnOf(place)];
}
