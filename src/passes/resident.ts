/** The resident regime: a workgroup takes a tile of rows through all bijectors in one dispatch. */
import type { BackwardPass, FlowShape, Layer } from '../bijectors/bijector.ts';
import { residentBackwardWeight, residentSlices } from '../kernels/resident/resident_backward_weight.ts';
import { WeightPacker } from '../kernels/resident/resident_pack.ts';
import { factorElements, residentPass, tileFits, tilesOf } from '../kernels/resident/resident_pass.ts';
import type { Tile } from '../kernels/resident/resident_pass.ts';
import { residentWeightReduce } from '../kernels/resident/resident_weight_reduce.ts';
import { RowOps } from '../kernels/resident/row_ops.ts';
import type { Activation } from '../model/activation.ts';
import type { ScaleMap } from '../model/scaleMap.ts';
import {
  checkpointsName,
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
import type { Score, Stage } from './stage.ts';

/** The largest comes first: more rows share each load of a weight. */
const TILES: readonly Tile[] = [2, 1].map((rowQuads) => ({ group: 64, rowQuads, outputQuads: 2 }));

/** Tiles that fill a GPU; a smaller batch has smaller tiles. */
const ENOUGH_TILES = 256;

/** Bytes of the factors of the rows that train at once; below every binding's guaranteed 128 MiB. */
const FACTOR_BYTES = 64 * 2 ** 20;
/** Rows that fill a GPU. If their factors are too many, they train in segments instead of fewer at once. */
const ENOUGH_ROWS = 1024;
/** Slots of a segment, so that memory does not grow with depth. */
const MAX_SLOTS = 12_288;

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
    // The bijectors use the same units one after the other, so all fit a tile if each does.
    if (fittingTiles(model, [layer]).length === 0) break;
    layers.push(layer);
    constants = { activation: constants.activation ?? activation, scale: constants.scale ?? scale };
  }
  return layers;
}

/** Bijectors whose factors are kept at once. */
interface Segment {
  layers: readonly Layer[];
  /** The checkpoint at which it begins. */
  checkpoint: number;
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
  const tiles = fittingTiles(model, layers);
  const [largest] = tiles;
  if (largest === undefined) throw new RangeError('the bijectors do not fit a tile');
  const tileOf = (rows: number): Tile =>
    tiles.find((tile) => tilesOf(rows, tile) >= ENOUGH_TILES) ?? tiles.at(-1) ?? largest;
  const weights = new WeightPacker(largest.outputQuads);
  const startOps = (keeps: boolean): RowOps => new RowOps({ dim, contextDim, keeps, weights });
  const [withNets] = layers.filter(({ spec: { conditioner } }) => conditioner !== undefined);
  const [scaled] = layers.filter(({ room }) => room.resident?.scaleMap !== undefined);
  const meetsBase = resident !== undefined && place + layers.length === layout.bijectors.length;
  // Alone, its last segment goes forward, scores and goes back at once.
  const isAlone = meetsBase && place === 0;
  const common = (plan: PlanBuilder, rows: number, { ops, units, flops }: RowOps) => ({
    rows,
    dim,
    contextDim,
    ops,
    units,
    flops,
    tile: tileOf(rows),
    activation: withNets?.spec.conditioner?.activation ?? 'identity',
    scale: scaled?.room.resident?.scaleMap?.(scaled.spec) ?? ({ map: 'exp' } as const),
    parameters: PARAMETERS,
    packed: plan.buffer(packedWeights, Math.max(4, weights.length)),
    density: resident?.density,
    ...(contextDim > 0 ? { context: plan.buffer(CONTEXT, contextDim * rows) } : {}),
  });
  const checkpointsOf = (plan: PlanBuilder, rows: number, segments: readonly Segment[]): string =>
    plan.buffer(checkpointsName(place), segments.length * (dim + 1) * rows);
  const pack = (plan: PlanBuilder): void => {
    const dispatch = weights.dispatch({ parameters: PARAMETERS, packed: packedWeights });
    if (dispatch !== undefined) plan.add(dispatch);
  };
  const addScore = (ops: RowOps, score: Score): void =>
    resident?.logProb(ops, base, { sign: 1, isLoss: score.isLoss });
  const scoreOf = ({ buffer: logProb, ...score }: Score) => ({
    ...score,
    logProb,
    sign: score.isLoss ? (-1 as const) : (1 as const),
  });
  /** A training step's forward pass plans both, as it packs the weights for both. */
  let segments: readonly Segment[] = [];
  let parts: readonly RowOps[] = [];
  let scored: Score | undefined;

  /** The operations of a segment forward, and then backward. */
  const trainingOps = (segment: Segment, score: Score | undefined): RowOps => {
    const ops = startOps(true);
    const backward = segment.layers.map((layer) => layer.room.resident?.forward(ops, layer));
    if (segment === segments.at(-1) && score !== undefined) {
      if (isAlone) addScore(ops, score);
      resident?.lossBackward(ops, base);
    } else ops.add({ kind: 'gradient' });
    for (const back of backward.toReversed()) back?.();
    return ops;
  };

  return {
    place,
    preservesVolume: false,
    hasNets: withNets !== undefined,
    canStore: false,
    canScore: meetsBase,
    canDraw: meetsBase,

    forward(plan, { rows, accumulate, score }) {
      if (isTraining) {
        segments = segmentsOf(model, layers, meetsBase, maxSlots(rows));
        parts = segments.map((segment) => trainingOps(segment, score));
        scored = score;
      }
      const ahead = isTraining && isAlone ? segments.slice(0, -1) : segments;
      const ops = startOps(false);
      for (const segment of ahead) {
        ops.add({ kind: 'checkpoint', slot: segment.checkpoint });
        for (const layer of segment.layers) layer.room.resident?.forward(ops, layer);
      }
      if (!isTraining) for (const layer of layers) layer.room.resident?.forward(ops, layer);
      else if (isAlone && ahead.length > 0) ops.add({ kind: 'checkpoint', slot: ahead.length });
      const scores = score !== undefined && !(isTraining && isAlone);
      if (scores) addScore(ops, score);
      pack(plan);
      if (ops.ops.length === 0) return;
      plan.add(
        residentPass({
          ...common(plan, rows, ops),
          state: STATE,
          logDet: { buffer: LOG_DET, accumulate },
          ...(isTraining && { checkpoints: { buffer: checkpointsOf(plan, rows, segments) } }),
          ...(scores && { score: scoreOf(score) }),
        }),
      );
    },

    inverse(plan, { rows, accumulate, draws }) {
      const ops = startOps(false);
      const density = draws?.density;
      if (draws !== undefined) resident?.sample(ops, base);
      if (density !== undefined) {
        ops.add({ kind: 'latent' });
        resident?.logProb(ops, base, { sign: -1, isLoss: false });
      }
      for (const layer of layers.toReversed()) layer.room.resident?.inverse(ops, layer);
      pack(plan);
      plan.add(
        residentPass({
          ...common(plan, rows, ops),
          state: STATE,
          logDet: { buffer: LOG_DET, accumulate },
          ...(draws && { draws: { ...draws, latent: density?.latent } }),
          ...(density && { score: { logProb: density.logProb, start: 0, sign: -1, validRows: rows } }),
        }),
      );
    },

    backward(plan, { rows, validRows, dLogDet }: BackwardPass) {
      const parameters = layout.trainableLength;
      const products = parts.flatMap((part) => part.products);
      const shape = { rows, products };
      const slices = residentSlices(shape);
      const partials = residentPartialsName(place);
      const isOne = isAlone && segments.length === 1;
      for (const [index, part] of [...parts.entries()].toReversed()) {
        const { slots } = part;
        const factors = plan.buffer(FACTORS, factorElements(rows, slots, tileOf(rows)));
        const training = { validRows, dLogDet, slots, factors };
        const score = isAlone && index === parts.length - 1 ? scored : undefined;
        // The bijectors before this stage rebuild their rows from the state.
        const needsState = isOne || (index === 0 && place > 0);
        plan.add(
          residentPass({
            ...common(plan, rows, part),
            ...(needsState && { state: STATE }),
            ...(!isOne && { checkpoints: { buffer: checkpointsOf(plan, rows, segments), resume: index } }),
            training: isOne ? training : { ...training, dState: plan.buffer(D_STATE, dim * rows) },
            ...(score && { score: scoreOf(score) }),
          }),
        );
        if (part.products.length === 0) continue;
        plan.buffer(partials, slices * parameters);
        plan.add(
          residentBackwardWeight({
            ...shape,
            products: part.products,
            slices,
            slots,
            parameters,
            factors,
            partials,
          }),
        );
      }
      if (products.length > 0) {
        plan.add(residentWeightReduce({ parameters, slices, partials, gradients: GRADIENTS }));
      }
    },
  };
}

/** The most rows that a training step takes at once, so that the factors of all bijectors fit, or else of each. */
export function residentTrainingRows(model: FlowModel): number {
  const fitting = (slots: number): number => Math.floor(FACTOR_BYTES / (4 * slots) / 64) * 64;
  const [loss] = basePartsOf(model);
  const own = model.layout.bijectors
    .filter((layer) => layer.room.resident !== undefined && fittingTiles(model, [layer]).length > 0)
    .map((layer) => partsOf(model, layer)[0].slots);
  if (own.length === 0) return Infinity;
  const together = own.reduce((sum, slots) => sum + slots, loss.slots);
  const alone = loss.slots + Math.max(...own);
  return Math.max(64, fitting(together), Math.min(ENOUGH_ROWS, fitting(alone)));
}

/** The most slots of a segment for a batch of `rows` rows. */
function maxSlots(rows: number): number {
  return Math.min(MAX_SLOTS, Math.floor(FACTOR_BYTES / (4 * rows)));
}

/** The bijectors in segments of at most `most` slots, but of one bijector at least. */
function segmentsOf(model: FlowModel, layers: readonly Layer[], meetsBase: boolean, most: number): Segment[] {
  const [loss] = basePartsOf(model);
  const groups: Layer[][] = [[]];
  let slots = meetsBase ? loss.slots : 0;
  for (const layer of layers.toReversed()) {
    const [{ slots: own }] = partsOf(model, layer);
    if (slots + own > most && groups[0]?.length !== 0) {
      groups.unshift([]);
      slots = 0;
    }
    groups[0]?.unshift(layer);
    slots += own;
  }
  return groups.map((layers, checkpoint) => ({ layers, checkpoint }));
}

type Parts = [training: RowOps, ...others: RowOps[]];

/** The operations of a bijector alone, in a training step and inverted. */
function partsOf({ spec }: FlowModel, layer: Layer): Parts {
  const { resident } = layer.room;
  return [
    partOf(spec, true, (ops) => resident?.forward(ops, layer)?.()),
    partOf(spec, false, (ops) => resident?.inverse(ops, layer)),
  ];
}

/** The operations of the base: the loss backward, the density, a sample. */
function basePartsOf({ spec, layout: { base } }: FlowModel): Parts {
  const { resident } = base.room;
  return [
    partOf(spec, true, (ops) => resident?.lossBackward(ops, base)),
    partOf(spec, false, (ops) => resident?.logProb(ops, base, { sign: 1, isLoss: false })),
    partOf(spec, false, (ops) => resident?.sample(ops, base)),
  ];
}

function partOf({ dim, contextDim }: FlowShape, keeps: boolean, build: (ops: RowOps) => void): RowOps {
  const ops = new RowOps({ dim, contextDim, keeps, weights: new WeightPacker(1) });
  build(ops);
  return ops;
}

/** The tiles whose memory suffices for the bijectors and the base. */
function fittingTiles(model: FlowModel, layers: readonly Layer[]): Tile[] {
  const parts = [...basePartsOf(model), ...layers.flatMap((layer) => partsOf(model, layer))];
  const units = Math.max(...parts.map((part) => part.units));
  const ops = parts.flatMap((part) => part.ops);
  return TILES.filter((tile) => tileFits(units, ops, tile));
}
