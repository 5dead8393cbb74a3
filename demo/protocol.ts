/**
 * The messages between the page and its worker. The worker (demo/engine) owns the device, the flow, the
 * training loop and all pictures. The page (demo/page) owns the controls. Messages hold no class instances,
 * so they survive `structuredClone`.
 */
import type { RowLabels } from './labels.ts';
import type { Filling, TableColumn } from '../src/page/index.ts';
import type { BaseName, BaseType } from './bases.ts';
import type { Domain, LabelColumn, PresetName, Rows, ScaleMap, ToyName } from '../src/index.ts';

/** Each picture is a canvas that the page hands over and the worker draws with its own WGSL. */
export const PICTURES = ['density', 'samples', 'latent', 'grid', 'layers'] as const;
/**
 * `density`: heat-map of log p with the data over it; `samples`: fresh samples; `latent`: z = f(x) over the
 * normal rings; `grid`: a lattice of the latent space warped into data space; `layers`: the rows between data
 * and latent, at `View.layer`, with the paths of single points.
 */
export type Picture = (typeof PICTURES)[number];

/** Training settings: each has the library's value, or its text form. */
export interface TrainingChoices {
  batch: number;
  learningRate: number;
  /** In the syntax of `parseSchedule`: constant, exponential:0.999, cosine. */
  schedule: string;
  steps: number;
  seed: number;
}

/** The scale maps that the page offers; models of other libraries may have another one. */
export type OfferedScale = Exclude<ScaleMap['map'], 'softclip'>;

export interface ModelSettings extends TrainingChoices {
  preset: PresetName;
  couplings: number;
  hidden: number[];
  /** Residual blocks of each net, all as wide as its one hidden layer; 0 for plain nets. */
  residualBlocks: number;
  scale: OfferedScale;
  /** The base distribution. */
  base: BaseName;
  /** Runs all steps. Otherwise, on finite data, held-out rows stop training early and the best is kept. */
  allSteps?: boolean;
}

/** The settings that change in mid-run, without a new model. */
export const TUNABLE = ['batch', 'learningRate', 'schedule', 'steps'] as const;

/** The training data: fresh points of a toy density, or the visitor's own rows. */
export type DataSettings = ToyData | RowData;

export interface ToyData {
  kind: 'toy';
  name: ToyName;
  noise?: number;
  size: number | 'endless';
  /** Classes are split: the flow learns the density of each. */
  apart?: boolean;
}

export interface RowData {
  kind: 'rows';
  /** Row-major [N, D]. */
  rows: Rows;
  columns: string[];
  title: string;
  /** The domains of the columns; all are `real` by default. */
  domains?: readonly Domain[];
  /** If some columns of a table are no plain numbers: `columns` are then the features that stand for them. */
  cells?: TableCells;
  /** The class of each row, if the rows are split. The flow does not learn this column. */
  labels?: RowLabels;
}

/** Rows of a table with columns of any kind. */
export interface TableCells {
  table: readonly TableColumn[];
  /** The widths of the cells [N, D]: see src/data/cells.ts. */
  widths: Float32Array;
}

/** How the pictures look. Changing it never changes the model. */
export interface View {
  colours: 'linear' | 'log';
  theme: 'light' | 'dark';
  /** The two columns that are shown. The grid fixes the others at their mean. */
  columns: [number, number];
  /** The density of more than two columns: of the shown pair alone, or its slice at the mean of the others. */
  density: 'marginal' | 'slice';
  /** Position of the layer scrubber, from 0 (data) to L (latent); fractions lie between two bijectors. */
  layer: number;
  /** Draw the data over the density. */
  showData: boolean;
  /** The class that is shown, as an index into the levels; used if the classes are split. */
  level: number;
  /** Half the width of the shown square, in standard deviations of the data around their mean. */
  reach: number;
}

/** `flat-out` fills the frame's time budget; `slow` runs few enough steps a second that one can watch. */
export type Pace = { kind: 'flat-out' } | { kind: 'slow'; stepsPerSecond: number };

export type ToWorker =
  | { type: 'start'; canvases: Record<Picture, OffscreenCanvas>; pixelRatio: number; view: View }
  /** Makes a fresh model on this data; also the reset. It is shown at once; training waits for `train`. */
  | { type: 'configure'; model: ModelSettings; data: DataSettings }
  /** Trains the same model on with other settings: only `TUNABLE` ones may differ. */
  | { type: 'tune'; model: ModelSettings }
  /** To the end, or to step `until`. */
  | { type: 'train'; pace: Pace; until?: number }
  | { type: 'pause' }
  | { type: 'step' }
  | { type: 'view'; view: View }
  /** CSS pixels times the pixel ratio; a picture without a size is hidden and costs nothing. */
  | { type: 'resize'; picture: Picture; width: number; height: number }
  /** If the tab is hidden, the worker neither trains nor draws until it is shown again. */
  | { type: 'visibility'; hidden: boolean }
  /** Canvas coordinates in [0, 1], from the top left; null when the pointer leaves. */
  | { type: 'hover'; picture: Picture; at: { x: number; y: number } | null }
  /** For tests: destroys the device, as a driver crash would. */
  | { type: 'lose-device' }
  /** Keeps the run in the browser: the last snapshot with the page's notes, and the data if they changed. */
  | ({ type: 'keep'; address: string } & Pick<KeptRun, 'notes'> & Partial<KeptRun>)
  | Request;

/** Answered by one `answer` or `refusal` with the same id. */
export type Request =
  | { type: 'save'; id: number }
  | ({ type: 'load'; id: number; bytes: Uint8Array; fileName: string } & AtHand)
  | { type: 'draw-samples'; id: number; count: number; seed: number }
  /** Takes a place for the runs of this tab: see demo/engine/keptRuns.ts. */
  | { type: 'claim-place'; id: number; own: string | null; address: string }
  /** Shows the model of the run that the place has. */
  | ({ type: 'resume-run'; id: number } & AtHand)
  /** Shows the trained model again that the last fresh one replaced. */
  | { type: 'bring-back'; id: number }
  | { type: 'ask-table'; id: number; question: TableQuestion }
  /** Times steps of a fresh flow of these settings at several batches, while nothing trains. */
  | { type: 'fill'; id: number; model: ModelSettings }
  /** The picture as a square of `side` pixels, drawn as on a screen with two pixels per CSS pixel. */
  | { type: 'picture'; id: number; picture: Picture; side: number };

/** The page's part of a kept run, which only the page reads. `data` are written once. */
export interface KeptRun {
  notes: unknown;
  data: unknown;
}

/** This tab's place among the kept runs. */
export interface ClaimedRun {
  place: string;
  /** The run to go on with. */
  run: KeptRun | null;
  /** The newest run that is not of this page's address. */
  other: { place: string; notes: unknown } | null;
  /** The files of the place are damaged, or of another version of the page. */
  isDamaged: boolean;
}

/** The page's current choices when a model is opened. */
export interface AtHand {
  /** Used to train a model that no settings produce. */
  model: ModelSettings;
  /** Includes the labels of the rows, whether the classes are split or not. */
  data?: DataSettings;
}

/** An opened model, and the data that it continues with. */
export interface OpenedModel {
  /** The settings that produce this model; null if none do. */
  settings: ModelSettings | null;
  /** A short name for the data, or the model's own name if there are none. */
  title: string;
  columns: string[];
  /** The columns of the table that it learned, unless they are plain numbers. */
  table?: readonly TableColumn[];
  origin: DataOrigin;
  /** Training steps that its file records; null if it records none. */
  steps: number | null;
  /** Its own samples, if it continues with them. */
  ownSamples?: RowData;
}

/** A toy density, the page's current rows, or samples of the model if neither fits the model. */
export type DataOrigin = ToyData | { kind: 'at-hand'; apart: boolean } | { kind: 'own-samples' };

export interface Answers {
  save: Uint8Array;
  load: OpenedModel;
  /** Null if this browser keeps no files for the page. */
  'claim-place': ClaimedRun | null;
  /** The step of the run. */
  'resume-run': number;
  /** The step of the model. */
  'bring-back': number;
  'draw-samples': DrawnRows;
  'ask-table': TableAnswer;
  fill: Filling;
  /** A PNG file. */
  picture: Blob;
}

/** New rows of the shown class. */
export interface DrawnRows {
  columns: string[];
  /** Row-major [count, D], in the data's own units; not a number where a cell has none. */
  rows: Rows;
  /** The same rows as text, if the flow learns a table. */
  text?: { columns: string[]; rows: string[][] };
}

/** What a visitor asks of the model of a table. */
export type TableQuestion =
  /** The rows with the oddest cells. */
  | { ask: 'odd' }
  /** A column in each row, given the others. */
  | { ask: 'predict'; column: string }
  /** The rows with their blanks filled. */
  | { ask: 'impute'; seed: number }
  /** New rows with these cells. */
  | { ask: 'given'; cells: Readonly<Record<string, string>>; count: number; seed: number };

export type TableAnswer = OddRows | PredictedRows | FilledRows | GivenRows;

/** Rows of a table as text. */
interface TextRows {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

/** The rows with the distribution of a column in columns of their own. */
export interface PredictedRows extends TextRows {
  ask: 'predict';
  column: string;
  /** The first rows: the cell, and what the others let expect there. */
  first: readonly { row: number; cell: string; expected: string; isOdd: boolean }[];
  /** How it does on held-out rows that have a cell there. */
  held: {
    rows: number;
    /** The share of numbers from the 5 % to the 95 % quantile, and their mean distance from the median. */
    numbers?: { inside: number; error: number };
    /** The share of labels that are the most likely ones, and that of the commonest label. */
    labels?: { right: number; commonest: number };
  };
}

export interface FilledRows extends TextRows {
  ask: 'impute';
  blanks: number;
  /** The first rows that had blanks, with the places of these. */
  first: readonly { row: number; blanks: readonly number[] }[];
}

export interface GivenRows extends TextRows {
  ask: 'given';
  /** As many independent rows would say as much. */
  effectiveSize: number;
}

/** Rows of a table with their oddest cells, the oddest row first. */
export interface OddRows {
  ask: 'odd';
  columns: readonly string[];
  /** Rows of the table; the least likely of them were looked at. */
  total: number;
  lookedAt: number;
  odd: readonly OddRow[];
}

export interface OddRow {
  /** From 1, among the rows that have all their cells. */
  row: number;
  /** Nats. */
  logProb: number;
  cells: readonly string[];
  /** Of each cell, the probability of a value at least as unlikely given the others; null for a column that is not learned. */
  pValues: readonly (number | null)[];
  /** The column of the least likely cell, and what the others let expect there. */
  column: string;
  expected: string;
}

/** The flow in the pictures. */
export interface FlowFacts {
  bijectors: readonly string[];
  base: BaseType;
  columns: readonly string[];
  /** One per data column; the density is a slice at the mean of the columns that are not shown. */
  mean: readonly number[];
  std: readonly number[];
  /** The columns of the table that the flow learns, and the means as cells of it, unless they are plain numbers. */
  table?: readonly TableColumn[];
  meanTexts?: CellTexts;
  /** The classes of the flow. */
  classes: LabelColumn | null;
}

export interface AdapterFacts {
  description: string;
  software: boolean;
}

/** The cost of a configuration, sent as soon as it is set. */
export interface Price {
  parameters: number;
  /** Bytes on the GPU while training. */
  bytes: number;
  /** Measured, not estimated; null until a few steps have run. */
  msPerStep: number | null;
}

export interface Progress {
  step: number;
  steps: number;
  /** NLL in nats of each step since the last progress; not a number if unknown. */
  losses: Float32Array;
  /** Held-out NLL in nats at this step, if scored; not finite if a row's density is not. */
  validationNll: number | null;
  /** Its standard error in nats; null if there was no score, or only one row. */
  validationError: number | null;
  /** The exact entropy of the data in nats, which no model can beat. Null if unknown. */
  floor: number | null;
  /** Held-out NLL in nats of a Gaussian fitted to the training rows; null for toy densities, or if no fit. */
  gaussianNll: number | null;
  msPerStep: number;
  stepsPerSecond: number;
  samplesPerSecond: number;
  /** Useful floating-point operations a second (6 × weights × batch a step), in 10⁹. */
  gflops: number;
  /** Share of the adapter's measured peak, 0 to 1; null until the peak is measured. */
  shareOfPeak: number | null;
}

/** The features of a row as text: null for a number, '' for a feature that is not shown by itself. */
export type CellTexts = readonly (string | null)[];

/** The point under the pointer, the same in every picture. */
export interface Hovered {
  x: number[];
  /** The point as cells, if the flow learns a table. */
  texts?: CellTexts;
  z: number[];
  /** Nats. */
  logProb: number;
  /** Nats, one per bijector in the direction data → latent. */
  logDets: number[];
}

/** How training ended: after its last step, early by the held-out rows, by the visitor, or by a failure. */
export interface Ending {
  cause: 'done' | 'early' | 'paused' | 'diverged' | 'failed' | 'refused';
  step: number;
  steps: number;
  /** Held-out rows that stop training, 0 if these are new points; null if none do. */
  heldOut: number | null;
  /** The step of the best parameters, which are kept; null if they are the last. */
  best: number | null;
  /** The sentence of the failure. */
  failure?: string;
}

/** A picture of the current model: told when it is drawn first, and when one of these changes. */
export interface DrawnPicture {
  picture: Picture;
  /** The step of the parameters that it shows. */
  step: number;
  /** The middle and half the width and height of the canvas, in the units of the shown columns. */
  frame: { centre: readonly [number, number]; half: readonly [number, number] };
  /** log p at the end of the colours of the density, nats; null until it is read. */
  peak: number | null;
}

export type FromWorker =
  | { type: 'ready'; adapter: AdapterFacts }
  /** No WebGPU here: the page plays a recording instead. */
  | { type: 'unavailable'; reason: string }
  | ({
      type: 'configured';
      /** The model is a new one from `configure`; otherwise it was opened. */
      isFresh: boolean;
      price: Price;
    } & FlowFacts)
  | { type: 'price'; price: Price }
  | ({ type: 'drawn' } & DrawnPicture)
  /** Training begins, after all that the worker said of an earlier run. */
  | { type: 'training' }
  | { type: 'progress'; progress: Progress }
  /** There is a snapshot of the model after this step. */
  | { type: 'snapshot'; step: number }
  | ({ type: 'stopped' } & Ending)
  | { type: 'hovered'; hovered: Hovered | null }
  /** The device was lost; the worker opens another, continues from its last snapshot and posts `resumed`. */
  | { type: 'device-lost'; reason: string }
  | { type: 'resumed'; step: number }
  /** The visitor made a mistake: nothing has changed. */
  | { type: 'mistake'; message: string }
  | { type: 'answer'; id: number; value: Answers[keyof Answers] }
  | { type: 'refusal'; id: number; message: string };
