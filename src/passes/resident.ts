/** The resident regime: a workgroup takes a tile of rows through all bijectors in one dispatch. */
import type { BaseLayer } from '../bases/base.ts';
import type { BackwardPass, Layer } from '../bijectors/bijector.ts';
import { residentBackwardWeight, residentSlices } from '../kernels/resident/resident_backward_weight.ts';
import { WeightPacker } from '../kernels/resident/resident_pack.ts';
import { residentPass, tileBytes, tilesOf } from '../kernels/resident/resident_pass.ts';
import type { ResidentPassArguments, Tile } from '../kernels/resident/resident_pass.ts';
import { residentWeightReduce } from '../kernels/resident/resident_weight_reduce.ts';
import { KeptRows, RowOps } from '../kernels/resident/row_ops.ts';
import type { Activation } from '../model/activation.ts';
import type { ScaleMap } from '../model/scaleMap.ts';
import {
  CONTEXT,
  D_STATE,
  FACTORS,
  GRADIENTS,
  LOG_DET,
  packedWeightsName,
  PARAMETERS,
  residentPartialsName,
  STATE,
} from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { Stage } from './stage.ts';

/** WebGPU's guaranteed workgroup memory. */
const WORKGROUP_BYTES = 16_384;

/** The largest comes first: more rows share each load of a weight, and fewer fill more workgroups. */
const TILES: readonly Tile[] = [2, 1].map((rowQuads) => ({ group: 64, rowQuads, outputQuads: 2 }));

/** Bytes of the factors of a batch; a deeper flow goes back in segments, one after the other. */
const FACTOR_BYTES = 64 * 2 ** 20;
/** Slots of a segment, so that memory does not grow with depth. */
const MAX_SLOTS = 12_288;

/** The operations of a bijector or of the density of the base. */
type Build = (ops: RowOps) => void;
type Step = { isBackward: boolean; build: Build };

interface Constants {
  activation?: Activation;
  scale?: ScaleMap;
}

/** Bijectors from `start` on that one pass can run, or none. */
export function residentLayersAt(model: FlowModel, start: number): readonly Layer[] {
  const layers: Layer[] = [];
  let constants: Constants = {};
  for (const layer of model.layout.bijectors.slice(start)) {
    const { room } = layer;
    const activation = layer.spec.conditioner?.activation;
    const scale = room.resident?.scaleMap?.(layer.spec);
    const isAlike =
      (activation === undefined || activation === (constants.activation ?? activation)) &&
      (scale === undefined || scale.map === (constants.scale?.map ?? scale.map));
    if (room.resident === undefined || !isAlike) break;
    if (room.backward !== undefined && room.resident.backward === undefined) break;
    // The bijectors use the same units one after the other, so all fit a tile if each does.
    if (tileFor(model, [layer]) === undefined) break;
    layers.push(layer);
    constants = { activation: constants.activation ?? activation, scale: constants.scale ?? scale };
  }
  return layers;
}

/** The bijectors as a stage of the flow. */
export function residentStage(
  model: FlowModel,
  place: number,
  layers: readonly Layer[],
  isTraining: boolean,
): Stage {
  const { spec, layout } = model;
  const { dim, contextDim } = spec;
  const { base } = layout;
  const { resident } = base.room;
  const packedWeights = packedWeightsName(place);
  const tile = tileFor(model, layers);
  if (tile === undefined) throw new RangeError('the bijectors do not fit a tile');
  const weights = new WeightPacker(tile.outputQuads);
  const keptRows = new KeptRows();
  const ofPass = (isBackward: boolean): RowOps =>
    new RowOps({ dim, contextDim, isBackward, weights, keptRows });
  const [withNets] = layers.filter(({ spec: { conditioner } }) => conditioner !== undefined);
  const [scaled] = layers.filter(({ room }) => room.resident?.scaleMap !== undefined);
  const common = (plan: PlanBuilder, rows: number, { ops, units, flops }: RowOps) => ({
    rows,
    dim,
    contextDim,
    ops,
    units,
    flops,
    tile,
    activation: withNets?.spec.conditioner?.activation ?? 'identity',
    scale: scaled?.room.resident?.scaleMap?.(scaled.spec) ?? ({ map: 'exp' } as const),
    parameters: PARAMETERS,
    packed: plan.buffer(packedWeights, Math.max(4, weights.length)),
    state: STATE,
    logDet: LOG_DET,
    density: resident?.density,
    ...(contextDim > 0 ? { context: plan.buffer(CONTEXT, contextDim * rows) } : {}),
  });
  const kept = (plan: PlanBuilder, rows: number, name: string | undefined): { kept?: string } =>
    name === undefined || keptRows.count === 0 ? {} : { kept: plan.buffer(name, keptRows.count * rows) };
  const run = (plan: PlanBuilder, args: ResidentPassArguments, packs: boolean): void => {
    const pack = packs ? weights.dispatch({ parameters: PARAMETERS, packed: packedWeights }) : undefined;
    plan.add(...(pack === undefined ? [] : [pack]), residentPass(args));
  };
  // A step packs the weights once for both passes, so its forward pass builds the backward one too.
  let segments: readonly RowOps[] = [];
  const meetsBase = resident !== undefined && place + layers.length === layout.bijectors.length;
  return {
    place,
    preservesVolume: false,
    hasNets: withNets !== undefined,
    canStore: false,
    canScore: meetsBase,
    canDraw: meetsBase,

    forward(plan, { rows, accumulate, score, keptRows: name }) {
      const ops = ofPass(false);
      for (const layer of layers) layer.room.resident?.forward(ops, layer);
      if (score !== undefined) resident?.logProb(ops, base, { sign: 1, isLoss: score.isLoss });
      if (isTraining) {
        const steps = backwardSteps(layers, score?.isLoss === true ? base : undefined);
        segments = segmentsOf(steps, maxSlots(rows), () => ofPass(true));
      }
      run(
        plan,
        {
          ...common(plan, rows, ops),
          ...kept(plan, rows, name),
          accumulate,
          ...(score && {
            score: { ...score, logProb: score.buffer, sign: score.isLoss ? -1 : 1 },
          }),
        },
        true,
      );
    },

    inverse(plan, { rows, accumulate, draws }) {
      const ops = ofPass(false);
      const density = draws?.density;
      if (draws !== undefined) resident?.sample(ops, base);
      if (density !== undefined) {
        ops.add({ kind: 'latent' });
        resident?.logProb(ops, base, { sign: -1, isLoss: false });
      }
      for (const layer of layers.toReversed()) layer.room.resident?.inverse(ops, layer);
      run(
        plan,
        {
          ...common(plan, rows, ops),
          accumulate,
          ...(draws && { draws: { ...draws, latent: density?.latent } }),
          ...(density && { score: { logProb: density.logProb, start: 0, sign: -1, validRows: rows } }),
        },
        true,
      );
    },

    backward(plan, { rows, validRows, dLogDet, keptRows: name }: BackwardPass) {
      const parameters = layout.trainableLength;
      const products = segments.flatMap((segment) => segment.products);
      if (segments.length === 0) return;
      const shape = { rows, tile, products };
      const slices = residentSlices(shape);
      const partials = plan.buffer(residentPartialsName(place), slices * parameters);
      for (const segment of segments) {
        const { slots } = segment;
        const factors = plan.buffer(FACTORS, 4 * tile.rowQuads * slots * tilesOf(rows, tile));
        const dState = plan.buffer(D_STATE, dim * rows);
        const backward = { validRows, dLogDet, slots, dState, factors };
        const buffers = { ...common(plan, rows, segment), ...kept(plan, rows, name) };
        run(plan, { ...buffers, accumulate: false, backward }, false);
        if (segment.products.length === 0) continue;
        plan.add(
          residentBackwardWeight({
            ...shape,
            products: segment.products,
            slices,
            slots,
            parameters,
            factors,
            partials,
          }),
        );
      }
      plan.add(residentWeightReduce({ parameters, slices, partials, gradients: GRADIENTS }));
    },
  };
}

/** The most slots of a segment for a batch of `rows` rows. */
function maxSlots(rows: number): number {
  return Math.min(MAX_SLOTS, Math.floor(FACTOR_BYTES / (4 * rows)));
}

/** The steps of the backward pass: the gradient of the loss, then from the last bijector to the first. */
function backwardSteps(layers: readonly Layer[], base: BaseLayer | undefined): Build[] {
  return [
    (ops) => base?.room.resident?.lossBackward(ops, base),
    ...layers.toReversed().map((layer) => (ops: RowOps) => layer.room.resident?.backward?.(ops, layer)),
  ];
}

/** The operations of the steps, in segments of at most `slots` slots. */
function segmentsOf(steps: readonly Build[], slots: number, start: () => RowOps): RowOps[] {
  const segments: RowOps[] = [];
  for (const step of steps) {
    const alone = start();
    step(alone);
    let segment = segments.at(-1);
    if (segment === undefined || segment.slots + alone.slots > slots) {
      segment = start();
      segments.push(segment);
    }
    step(segment);
  }
  return segments.filter(({ ops }) => ops.length > 0);
}

/** The operations of a bijector alone, or of the density of the base, in each pass. */
function passesOf({ dim, contextDim }: FlowModel['spec'], steps: readonly Step[]): RowOps[] {
  const [weights, keptRows] = [new WeightPacker(1), new KeptRows()];
  return steps.map(({ isBackward, build }) => {
    const ops = new RowOps({ dim, contextDim, isBackward, weights, keptRows });
    build(ops);
    return ops;
  });
}

/** The largest tile whose memory suffices for the bijectors and the base, or undefined. */
function tileFor({ spec, layout: { base } }: FlowModel, layers: readonly Layer[]): Tile | undefined {
  const { resident } = base.room;
  const passes = passesOf(spec, [
    { isBackward: false, build: (ops) => resident?.logProb(ops, base, { sign: 1, isLoss: false }) },
    { isBackward: false, build: (ops) => resident?.sample(ops, base) },
    { isBackward: true, build: (ops) => resident?.lossBackward(ops, base) },
    ...layers.flatMap((layer): Step[] => {
      const { resident: own } = layer.room;
      return [
        { isBackward: false, build: (ops) => own?.forward(ops, layer) },
        { isBackward: false, build: (ops) => own?.inverse(ops, layer) },
        { isBackward: true, build: (ops) => own?.backward?.(ops, layer) },
      ];
    }),
  ]);
  const units = Math.max(...passes.map((pass) => pass.units));
  const ops = passes.flatMap((pass) => pass.ops);
  return TILES.find((tile) => tileBytes(units, ops, tile) <= WORKGROUP_BYTES);
}
