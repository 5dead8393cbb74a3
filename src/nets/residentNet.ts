/** The nets of a coupling as operations on the rows of a tile. */
import { STEPS, NONE } from '../kernels/resident/ops.ts';
import type { UnitRange } from '../kernels/resident/resident_pack.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';
import { hasDerivativeAtValue } from '../model/activation.ts';
import type { CouplingBlocks } from '../model/blocks.ts';
import type { NetSlots } from '../model/tensors.ts';
import type { LayerRoute, NetSpec } from './net.ts';
import { netOf } from './index.ts';

/** The parts of a coupling that the nets need. */
interface Coupling {
  spec: { conditioner: NetSpec };
  tensors: { blocks: CouplingBlocks; nets: readonly NetSlots[] };
}

/** Where the nets keep what their backward pass needs, in a training step. */
export interface ResidentNets {
  nets: readonly ResidentNet[];
  /** The slot at which the nets' inputs begin. */
  inputSlot: number;
}

interface ResidentNet {
  /** By hidden layer: the slots of its values, and those of its gradients, which may have its slopes before. */
  valueSlots: readonly number[];
  slopeSlots: readonly number[];
}

/** The units of the hidden layers, which take each other's place, and of the running sum of a residual net. */
interface Regions {
  hidden: number;
  sum: number;
}

/** The gradient of a net's outputs, by ranges that need not be in the tile at the same time. */
export interface OutputGradient {
  ranges: readonly UnitRange[];
  /** Brings the gradient of a range to units, and returns the first of them. */
  toUnits: (range: UnitRange) => number;
  /** The slot at which the gradient begins. */
  slot: number;
}

/** Runs the nets on the conditioning block and the context; the outputs begin at unit `outputs`. */
export function netsForward(ops: RowOps, coupling: Coupling): ResidentNets & { outputs: number } {
  const outputs = reserveOutputs(ops, coupling);
  const hidden = hiddenLayersForward(ops, coupling, (net, regions) =>
    outputsForward(ops, coupling, { regions }, net, {
      range: allOutputs(net),
      to: outputs + net.outputStart,
    }),
  );
  return { outputs, ...hidden };
}

/** Takes units for the outputs of all nets. */
export function reserveOutputs(ops: RowOps, { tensors: { nets } }: Coupling): number {
  return ops.reserve(nets.reduce((sum, { layers }) => sum + (layers.at(-1)?.outputs ?? 0), 0));
}

/** Runs the hidden layers of the nets; `then` comes after each net's, which the next net replaces. */
export function hiddenLayersForward(
  ops: RowOps,
  coupling: Coupling,
  then?: (net: NetSlots, regions: Regions) => void,
): ResidentNets & { regions: Regions } {
  const { nets } = coupling.tensors;
  const inputSlot = ops.keep(nets[0]?.layers[0]?.inputs ?? 0);
  const regions = regionsFor(ops, coupling);
  const run = nets.map((net, index) => {
    // All nets have the same inputs.
    const hidden = hiddenForward(ops, coupling, net, regions, index === 0 ? inputSlot : 0);
    then?.(net, regions);
    return hidden;
  });
  return { regions, inputSlot, nets: run };
}

/** A range of a net's outputs, to units from `to` on; a training step with a `slot` for the outputs keeps them. */
export function outputsForward(
  ops: RowOps,
  { spec }: Coupling,
  { regions }: { regions: Regions },
  net: NetSlots,
  { range, to, slot = 0 }: { range: UnitRange; to: number; slot?: number },
): void {
  const routes = netOf(spec.conditioner).routes(net.layers);
  const [below, { layer }] = routes.slice(-2) as [LayerRoute, LayerRoute];
  const bias = layer.bias.offset + range.start;
  const keeps = slot === 0 ? {} : { slot: slot + range.start, option: STEPS.keep };
  const op = { to, from: inputRegion(regions, below), bias, option: 0, ...keeps };
  ops.dense(layer, { start: 0, count: layer.inputs }, op, range);
}

/** Pulls the gradient of the outputs, in their units and in slots, back through the nets. */
export function netsBackward(
  ops: RowOps,
  coupling: Coupling,
  run: ResidentNets,
  { unit, slot }: { unit: number; slot: number },
): void {
  for (const net of coupling.tensors.nets) {
    ops.scope(() =>
      netBackward(ops, coupling, run, net, {
        ranges: [allOutputs(net)],
        toUnits: () => unit + net.outputStart,
        slot: slot + net.outputStart,
      }),
    );
  }
}

/** Pulls the gradient of one net's outputs back through it. */
export function netBackward(
  ops: RowOps,
  coupling: Coupling,
  { inputSlot, nets: runs }: ResidentNets,
  net: NetSlots,
  gradient: OutputGradient,
): void {
  const {
    spec,
    tensors: { blocks, nets },
  } = coupling;
  const regions = regionsFor(ops, coupling);
  const condition = { start: 0, count: blocks.conditionCount };
  const run = runs[nets.indexOf(net)];
  const slotOf = (slots: readonly number[] | undefined, depth: number): number => slots?.[depth] ?? NaN;
  const routes = netOf(spec.conditioner).routes(net.layers);
  for (const route of routes.toReversed()) {
    const { layer, depth, isLast } = route;
    const below = routes[depth - 1];
    ops.products.push({
      outSlot: isLast ? gradient.slot : slotOf(run?.slopeSlots, depth),
      outputs: layer.outputs,
      inSlot: below === undefined ? inputSlot : slotOf(run?.valueSlots, below.depth),
      inputs: layer.inputs,
      weight: layer.weight.offset,
      bias: layer.bias.offset,
    });
    ops.flops += 2 * layer.inputs * layer.outputs;
    const from = outputRegion(regions, route);
    if (below === undefined) {
      if (condition.count === 0) continue;
      const to = blocks.conditionStart;
      ops.denseBackward(layer, condition, { to, from, bias: NONE, option: STEPS.add });
      continue;
    }
    const slot = slotOf(run?.slopeSlots, below.depth);
    const isAtValue = hasDerivativeAtValue(spec.conditioner.activation);
    const slope = isAtValue ? slotOf(run?.valueSlots, below.depth) : slot;
    const slopes = below.isActivated ? STEPS.timesSlope | (isAtValue ? STEPS.atValue : 0) : 0;
    const op = { to: outputRegion(regions, below), bias: NONE, slot, slope, option: slopes };
    if (isLast) {
      outputsBackward(ops, layer, op, gradient);
      continue;
    }
    const adds = below.isTerm && below.isActivated ? STEPS.add : 0;
    const option = STEPS.keep | slopes | adds;
    ops.denseBackward(layer, { start: 0, count: layer.inputs }, { ...op, from, option });
  }
}

/** The gradient of the last hidden layer, to `op.to`: a sum over the ranges of the outputs. */
function outputsBackward(
  ops: RowOps,
  layer: NetSlots['layers'][number],
  op: { to: number; bias: number; slot: number; slope: number; option: number },
  { ranges, toUnits }: OutputGradient,
): void {
  ranges.forEach((range, index) => {
    const adds = index > 0 ? STEPS.add : 0;
    const keeps = index === ranges.length - 1 ? STEPS.keep : 0;
    const step = { ...op, from: toUnits(range), option: op.option | adds | keeps };
    ops.denseBackward(layer, { start: 0, count: layer.inputs }, step, range);
  });
}

function allOutputs({ layers }: NetSlots): UnitRange {
  return { start: 0, count: layers.at(-1)?.outputs ?? 0 };
}

function regionsFor(ops: RowOps, { spec, tensors }: Coupling): Regions {
  const hidden = tensors.nets
    .flatMap(({ layers }) => netOf(spec.conditioner).routes(layers))
    .filter(({ isLast }) => !isLast);
  const width = Math.max(1, ...hidden.map(({ layer }) => layer.outputs));
  const hasSum = hidden.some(({ isTerm }) => isTerm);
  return { hidden: ops.reserve(width), sum: hasSum ? ops.reserve(width) : 0 };
}

function hiddenForward(
  ops: RowOps,
  coupling: Coupling,
  net: NetSlots,
  regions: Regions,
  inputSlot: number,
): ResidentNet {
  const { blocks } = coupling.tensors;
  const routes = netOf(coupling.spec.conditioner).routes(net.layers);
  const hidden = routes.filter(({ isLast }) => !isLast);
  const { keeps } = ops;
  const keepsSlopes = keeps && !hasDerivativeAtValue(coupling.spec.conditioner.activation);
  const slots = (): number[] => hidden.map(({ layer }) => ops.keep(layer.outputs));
  const [valueSlots, slopeSlots] = [slots(), slots()];
  for (const route of hidden) {
    const { layer, depth, isFirst, isTerm, isActivated } = route;
    const activates = isActivated && !isTerm;
    const kept = { slot: valueSlots[depth] ?? 0, slope: slopeSlots[depth] ?? 0 };
    const steps =
      (isTerm && !isFirst ? STEPS.add : 0) |
      (activates ? STEPS.activate | (keepsSlopes ? STEPS.keepSlope : 0) : 0) |
      // The sum of a residual net itself continues; what reads it is its activation, or at the end the sum.
      (keeps && (activates || !isActivated) ? STEPS.keep : 0);
    const to = outputRegion(regions, route);
    const bias = layer.bias.offset;
    const below = routes[depth - 1];
    if (below === undefined) firstLayer(ops, blocks, layer, inputSlot, { ...kept, to, bias, option: steps });
    else {
      const from = inputRegion(regions, below);
      ops.dense(layer, { start: 0, count: layer.inputs }, { ...kept, to, from, bias, option: steps });
    }
    if (!isTerm || !isActivated) continue;
    ops.add({
      ...kept,
      kind: 'activate',
      to: regions.hidden,
      from: regions.sum,
      count: layer.outputs,
      option: (keeps ? STEPS.keep : 0) | (keepsSlopes ? STEPS.keepSlope : 0),
    });
  }
  return { valueSlots, slopeSlots };
}

/** The first layer reads the conditioning block and then the context, which are apart from each other. */
function firstLayer(
  ops: RowOps,
  { conditionStart, conditionCount }: CouplingBlocks,
  layer: NetSlots['layers'][number],
  inputSlot: number,
  op: { to: number; bias: number; option: number; slot: number; slope: number },
): void {
  const context = { start: conditionCount, count: layer.inputs - conditionCount };
  if (conditionCount > 0) {
    const isAll = context.count === 0;
    const rest = isAll ? op : { to: op.to, bias: NONE, option: 0 };
    const range = { start: 0, count: conditionCount };
    ops.dense(layer, range, { ...rest, from: conditionStart, aux: inputSlot });
  }
  if (context.count > 0) {
    const option = op.option | (conditionCount > 0 ? STEPS.add : 0);
    const aux = inputSlot === 0 ? 0 : inputSlot + conditionCount;
    ops.dense(layer, context, { ...op, from: ops.context, aux, option });
  }
}

/** The units to which a hidden layer goes. */
function outputRegion(regions: Regions, { isTerm }: LayerRoute): number {
  return isTerm ? regions.sum : regions.hidden;
}

/** The units from which the layer above reads a hidden layer. */
function inputRegion(regions: Regions, { isTerm, isActivated }: LayerRoute): number {
  return isTerm && !isActivated ? regions.sum : regions.hidden;
}
