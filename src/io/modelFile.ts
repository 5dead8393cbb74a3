/** Models and checkpoints as bytes; docs/model-file.md describes the format. */
import type * as v from 'valibot';
import { Fingerprint } from '../data/fingerprint.ts';
import type { HeldOut } from '../data/heldOut.ts';
import { contextFeatures } from '../model/context.ts';
import type { ContextColumn } from '../model/context.ts';
import { ModelFileError, ShapeError } from '../errors.ts';
import { paramLayout } from '../spec/layout.ts';
import type { TensorSlot } from '../model/tensors.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { optimizerRecordSchema, trainingRecordSchema } from './recordSchemas.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import type { SafetensorsFile, SafetensorsTensor } from './safetensors.ts';
import { checkJson, parseMetadataJson, parseSpec } from '../spec/schema.ts';
import { shown } from '../spec/strictJson.ts';
import { roomOf } from '../table/columns.ts';
import type { TableColumn } from '../table/columns.ts';
import { unsoundTensor } from '../spec/init.ts';

/** JSON values that a run stores. */
export type Settings = Record<string, number | string | boolean>;

/** How a model was made. It has no clock time and no host name, so that equal runs give equal bytes. */
export interface TrainingRecord {
  /** Names of the D data columns. */
  columns?: string[];
  /** The columns of the table, if some are no plain numbers: what the D features stand for. */
  table?: TableColumn[];
  /** The columns of the context, if they have names: together spec.contextDim features. */
  context?: ContextColumn[];
  /** Optimiser steps taken. */
  steps: number;
  /** Seed of the run. */
  seed: number;
  /** Nats per row. */
  bestValidationNll?: number;
  /** The rows that gave that score. */
  validation?: ValidationRecord;
  /** How likely these rows are under the model; a checkpoint does not have it. */
  heldOut?: HeldOut;
  /** The writer of the file, such as `wgflow 0.1.0`. */
  library: string;
  /** The toy density or the table, as the writer named it. */
  dataset?: string;
  /** Name of the preset. */
  preset?: string;
  /** Other options of the run: batch size, learning rate, schedule. */
  options?: Settings;
}

/** The validation rows, and the step of the best score. */
export interface ValidationRecord {
  /** Number of rows. */
  rows: number;
  /** Whether they were held out of the table. */
  heldOut: boolean;
  /** The step whose parameters the model has. */
  bestStep?: number;
  /** Mean NLL of these rows in nats under the Gaussian of the training rows; absent if a column depends on others. */
  gaussianNll?: number;
}

/** The additional state of a checkpoint: the optimiser's. */
export interface OptimizerState {
  /** Steps taken. */
  step: number;
  /** Adam's first moment or the velocity of gradient descent, [trainableLength], in ParamLayout order. */
  firstMoment: Float32Array;
  /** Adam's, [trainableLength], in ParamLayout order; no element is negative. Gradient descent has none. */
  secondMoment?: Float32Array;
  /** Settings that a resumed run must check or restore. */
  settings: Settings;
  /**
   * The parameters that the steps update, [trainableLength], if the model's own are their moving average.
   */
  trained?: Float32Array;
  /** The kernels of the run; the same kernels give the same bits. */
  variants?: Settings;
  /** The best parameters so far, if validation rows are scored. */
  best?: BestParameters;
  /** How often a plateau schedule has reduced the learning rate, and the scores since then. */
  plateau?: { reductions: number; scoresSince: number };
  /** The steps that were skipped because a value was not finite, the last ones in a row, and the returns to earlier weights. */
  divergence?: { skipped: number; skippedInARow: number; returns: number };
}

/** The parameters with the best validation score so far. */
export interface BestParameters {
  /** Mean validation NLL, nats. */
  nll: number;
  /** Number of scores since then; none was better. */
  scoresSince: number;
  /** The step of these parameters; checkpoints of wgflow 0.1.0 do not store it. */
  step?: number;
  /** The step of the last score: a run may have stopped between a step and its score. */
  lastScored?: number;
  /** [trainableLength], in ParamLayout order. */
  parameters: Float32Array;
}

/** A flow with its parameters, `[paramLayout(spec).length]` in ParamLayout order. */
export interface Model {
  /** The flow. */
  spec: FlowSpec;
  /** All tensors end to end, [paramLayout(spec).length], in ParamLayout order. */
  parameters: Float32Array;
  /** How it was made. */
  training?: TrainingRecord;
  /** The optimiser's state; only in a checkpoint. */
  optimizer?: OptimizerState;
}

const SPEC_KEY = 'wgflow';
const TRAINING_KEY = 'wgflow_training';
const OPTIMIZER_KEY = 'wgflow_optimizer';
const CHECKSUM_KEY = 'wgflow_checksum';
const FIRST_MOMENT = 'optimizer.first_moment.';
const SECOND_MOMENT = 'optimizer.second_moment.';
const BEST = 'optimizer.best.';
const TRAINED = 'optimizer.trained.';
/** Names the model in messages of encodeModel. */
const UNSAVED = 'model to be saved';
const NAMES_SHOWN = 5;

/**
 * The bytes of a model file, or of a checkpoint if `model.optimizer` is present. Equal models give equal
 * bytes in any order of their properties; `decodeModel` restores every tensor bit for bit.
 * @throws {ShapeError} when an array has the wrong length or holds a value that a reader would refuse
 * @throws {ModelFileError} when a file cannot hold the spec or a record
 */
export function encodeModel(model: Model): Uint8Array {
  const spec = parseSpec(model.spec, UNSAVED);
  const layout = paramLayout(spec);
  requireFinite('model.parameters', model.parameters, layout.length);
  const unsound = unsoundTensor(layout, model.parameters);
  if (unsound) throw new ShapeError(unsound.where, unsound.found, unsound.expected);

  const tensors = layout.tensors.map((slot) => named(slot.name, slot, model.parameters));
  const metadata: Record<string, string> = { [SPEC_KEY]: JSON.stringify(spec) };
  if (model.training) {
    metadata[TRAINING_KEY] = readableJson(checkTraining(model.training, spec, UNSAVED), TRAINING_KEY);
  }
  if (model.optimizer) {
    const { step, settings, variants, firstMoment, secondMoment, best, trained, plateau, divergence } =
      model.optimizer;
    requireFinite('model.optimizer.firstMoment', firstMoment, layout.trainableLength);
    if (secondMoment) {
      requireFinite('model.optimizer.secondMoment', secondMoment, layout.trainableLength);
    }
    const negative = secondMoment?.findIndex((value) => value < 0) ?? -1;
    if (secondMoment && negative >= 0) {
      throw new ShapeError(
        `model.optimizer.secondMoment[${negative}]`,
        String(secondMoment[negative]),
        'a number ≥ 0',
      );
    }
    if (best) requireFinite('model.optimizer.best.parameters', best.parameters, layout.trainableLength);
    if (trained) requireFinite('model.optimizer.trained', trained, layout.trainableLength);
    const { parameters: _, ...score } = best ?? {};
    const record = {
      step,
      settings,
      variants,
      ...(secondMoment ? {} : { algorithm: 'sgd' }),
      ...(trained ? { averaged: true } : {}),
      ...(best ? { best: score } : {}),
      ...(plateau ? { plateau } : {}),
      ...(divergence ? { divergence } : {}),
    };
    metadata[OPTIMIZER_KEY] = readableJson(checkOptimizer(record, UNSAVED), OPTIMIZER_KEY);
    const trainable = layout.tensors.filter((slot) => slot.trainable);
    tensors.push(
      ...trainable.map((slot) => named(FIRST_MOMENT + slot.name, slot, firstMoment)),
      ...(secondMoment ? trainable.map((slot) => named(SECOND_MOMENT + slot.name, slot, secondMoment)) : []),
      ...(best ? trainable.map((slot) => named(BEST + slot.name, slot, best.parameters)) : []),
      ...(trained ? trainable.map((slot) => named(TRAINED + slot.name, slot, trained)) : []),
    );
  }
  if (model.optimizer) metadata[CHECKSUM_KEY] = checksumOf(metadata, tensors);
  return writeSafetensors({ tensors, metadata });
}

/**
 * Reads a model file or a checkpoint. It checks that the file has exactly the tensors of its spec before it
 * allocates anything.
 * @param fileName used in messages only
 * @throws {ModelFileError} naming the file, the tensor or key, what was found and what was expected
 */
export function decodeModel(bytes: Uint8Array, fileName = 'model'): Model {
  const file = readSafetensors(bytes, fileName);
  requireChecksum(file, fileName);
  const specText = specTextOf(file, fileName);
  const spec = parseSpec(parseMetadataJson(specText, `__metadata__.${SPEC_KEY}`, fileName), fileName);
  const record = (key: string): unknown => {
    const text = file.metadata.get(key);
    return text === undefined ? undefined : parseMetadataJson(text, `__metadata__.${key}`, fileName);
  };
  const training = record(TRAINING_KEY);
  const optimizer = record(OPTIMIZER_KEY);
  const checkedTraining = training === undefined ? undefined : checkTraining(training, spec, fileName);
  const checkedOptimizer = optimizer === undefined ? undefined : checkOptimizer(optimizer, fileName);

  const layout = paramLayout(spec);
  const trainable = layout.tensors.filter((slot) => slot.trainable);
  const prefixes =
    checkedOptimizer === undefined
      ? []
      : [
          FIRST_MOMENT,
          ...(checkedOptimizer.algorithm === undefined ? [SECOND_MOMENT] : []),
          ...(checkedOptimizer.best === undefined ? [] : [BEST]),
          ...(checkedOptimizer.averaged === undefined ? [] : [TRAINED]),
        ];
  checkTensors(file, layout.tensors, prefixes, fileName);

  const parameters = gathered(file, '', layout.tensors, layout.length);
  const unsound = unsoundTensor(layout, parameters);
  if (unsound) {
    const { where, found, expected } = unsound;
    throw new ModelFileError(fileName, `${where}: found ${found}, expected ${expected}`);
  }
  const model: Model = { spec, parameters };
  if (checkedTraining) model.training = checkedTraining;
  if (checkedOptimizer) {
    const firstMoment = gathered(file, FIRST_MOMENT, trainable, layout.trainableLength);
    const { best, averaged, algorithm, ...rest } = checkedOptimizer;
    model.optimizer = { ...rest, firstMoment };
    if (algorithm === undefined) {
      const secondMoment = gathered(file, SECOND_MOMENT, trainable, layout.trainableLength);
      checkSecondMoment(secondMoment, trainable, fileName);
      model.optimizer.secondMoment = secondMoment;
    }
    if (averaged) model.optimizer.trained = gathered(file, TRAINED, trainable, layout.trainableLength);
    if (best) {
      model.optimizer.best = { ...best, parameters: gathered(file, BEST, trainable, layout.trainableLength) };
    }
  }
  return model;
}

/** 64 bits of the metadata and the tensors, each in the order of their names, in hexadecimal, as JSON. */
function checksumOf(metadata: Record<string, string>, tensors: readonly SafetensorsTensor[]): string {
  const print = new Fingerprint();
  for (const key of Object.keys(metadata).toSorted()) {
    if (key !== CHECKSUM_KEY) print.addText(key).addText(metadata[key] ?? '');
  }
  for (const { name, data } of tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    print.addText(name).add(data);
  }
  return JSON.stringify(print.text);
}

/** @throws {ModelFileError} when the file has a checksum that is not its own */
function requireChecksum({ metadata, tensors }: SafetensorsFile, fileName: string): void {
  const found = metadata.get(CHECKSUM_KEY);
  if (found === undefined) return;
  const expected = checksumOf(Object.fromEntries(metadata), [...tensors.values()]);
  if (found === expected) return;
  throw new ModelFileError(
    fileName,
    `__metadata__.${CHECKSUM_KEY}: found ${shown(found.replaceAll('"', ''))}, expected ${expected}, as its contents say`,
    'The file is damaged. Resume from the checkpoint before it.',
  );
}

/** @throws {ModelFileError} when the header belongs to no model */
export function specTextOf({ metadata }: Pick<SafetensorsFile, 'metadata'>, fileName: string): string {
  const text = metadata.get(SPEC_KEY);
  if (text !== undefined) return text;
  throw new ModelFileError(
    fileName,
    `__metadata__: found ${metadata.size === 0 ? 'no keys' : `the keys ${listed([...metadata.keys()])}`}, expected the key wgflow`,
    'This is not a wgflow model; docs/model-file.md shows how to write one.',
  );
}

function named(name: string, slot: TensorSlot, source: Float32Array): SafetensorsTensor {
  const data = source.subarray(slot.offset, slot.offset + slot.length);
  return { name, dtype: 'F32', shape: slot.shape, data };
}

function gathered(
  file: SafetensorsFile,
  prefix: string,
  slots: readonly TensorSlot[],
  length: number,
): Float32Array {
  const flat = new Float32Array(length);
  for (const slot of slots) flat.set(file.tensors.get(prefix + slot.name)?.data ?? [], slot.offset);
  return flat;
}

function checkTraining(json: unknown, spec: FlowSpec, fileName: string): TrainingRecord {
  const where = `__metadata__.${TRAINING_KEY}`;
  const record = checkJson(trainingRecordSchema, json, where, fileName);
  if (record.columns && record.columns.length !== spec.dim) {
    throw new ModelFileError(
      fileName,
      `${where}.columns: found ${record.columns.length} names, expected ${spec.dim} (spec.dim)`,
    );
  }
  const tableFeatures = record.table?.reduce(
    (sum, column) => sum + roomOf(column).features(column).length,
    0,
  );
  if (tableFeatures !== undefined && tableFeatures !== spec.dim) {
    throw new ModelFileError(
      fileName,
      `${where}.table: found columns of ${tableFeatures} features, expected ${spec.dim} (spec.dim)`,
    );
  }
  const features = contextFeatures(record.context ?? []);
  if (record.context && features !== spec.contextDim) {
    throw new ModelFileError(
      fileName,
      `${where}.context: found columns of ${features} features, expected ${spec.contextDim} (spec.contextDim)`,
    );
  }
  return record.options ? { ...record, options: sortedByKey(record.options) } : record;
}

type OptimizerRecord = v.InferOutput<typeof optimizerRecordSchema>;

function checkOptimizer(json: unknown, fileName: string): OptimizerRecord {
  const where = `__metadata__.${OPTIMIZER_KEY}`;
  const { step, settings, variants, ...rest } = checkJson(optimizerRecordSchema, json, where, fileName);
  return {
    step,
    settings: sortedByKey(settings),
    ...(variants ? { variants: sortedByKey(variants) } : {}),
    ...rest,
  };
}

/** The JSON of a record, checked with the reader, which refuses some settings keys. */
function readableJson(record: object, key: string): string {
  const text = JSON.stringify(record);
  parseMetadataJson(text, `__metadata__.${key}`, UNSAVED);
  return text;
}

function sortedByKey(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The file must have exactly the tensors of the spec, each with its shape. */
function checkTensors(
  file: SafetensorsFile,
  slots: readonly TensorSlot[],
  optimizerPrefixes: readonly string[],
  fileName: string,
): void {
  const expected = new Map<string, readonly number[]>();
  for (const slot of slots) expected.set(slot.name, slot.shape);
  for (const prefix of optimizerPrefixes) {
    for (const slot of slots) if (slot.trainable) expected.set(prefix + slot.name, slot.shape);
  }
  const missing = [...expected.keys()].filter((name) => !file.tensors.has(name));
  const extra = [...file.tensors.keys()].filter((name) => !expected.has(name));
  if (missing.length > 0 || extra.length > 0) {
    const parts = [
      missing.length > 0 ? `missing ${listed(missing)}` : '',
      extra.length > 0 ? `not in the spec ${listed(extra)}` : '',
    ].filter((part) => part !== '');
    const orphan = optimizerPrefixes.length === 0 && extra.some((name) => name.startsWith('optimizer.'));
    throw new ModelFileError(
      fileName,
      `tensors: found ${file.tensors.size}, expected the ${expected.size} of its spec; ${parts.join('; ')}`,
      orphan ? `A checkpoint has the key ${OPTIMIZER_KEY} in __metadata__ too.` : '',
    );
  }
  for (const [name, shape] of expected) {
    const found = file.tensors.get(name)?.shape ?? [];
    if (found.length !== shape.length || found.some((extent, axis) => extent !== shape[axis])) {
      throw new ModelFileError(
        fileName,
        `tensor ${name}, shape: found ${shown(found)}, expected ${shown(shape)}`,
        shape.length === 2 ? 'A weight is [outputs, inputs].' : '',
      );
    }
  }
}

function checkSecondMoment(flat: Float32Array, slots: readonly TensorSlot[], fileName: string): void {
  const index = flat.findIndex((value) => value < 0);
  const slot = slots.find(({ offset, length }) => index >= offset && index < offset + length);
  if (slot === undefined) return;
  throw new ModelFileError(
    fileName,
    `tensor ${SECOND_MOMENT}${slot.name}, element ${index - slot.offset}: found ${flat[index]}, expected a number ≥ 0`,
  );
}

function requireFinite(what: string, values: Float32Array, length: number): void {
  if (values.length !== length) {
    throw new ShapeError(what, `${values.length} elements`, `${length}, as the spec says`);
  }
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw new ShapeError(`${what}[${index}]`, String(values[index]), 'a finite number');
}

function listed(names: readonly string[]): string {
  const rest = names.length - NAMES_SHOWN;
  return names.slice(0, NAMES_SHOWN).map(shown).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
