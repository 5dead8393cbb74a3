/**
 * What the page and its worker say to each other. The worker (demo/engine) owns the device, the flow, the training loop
 * and every picture; the page (demo/page) owns the controls. Nothing here is a class: all of it survives
 * `structuredClone`.
 */
import type { RowLabels } from './labels.ts';
import type { BaseName, BaseType } from './bases.ts';
import type { Domain, LabelColumn, PresetName, Rows, ScaleMap, ToyName } from '../src/index.ts';

/** Each picture is one canvas that the page hands over and the worker draws with its own WGSL. */
export const PICTURES = ['density', 'samples', 'latent', 'grid', 'layers'] as const;
/**
 * `density` the heat-map of log p with the data over it; `samples` fresh samples; `latent` z = f(x) against the normal
 * rings; `grid` a lattice of the latent space warped into data space; `layers` the rows between data and latent, at
 * `View.layer`, with the paths of single points.
 */
export type Picture = (typeof PICTURES)[number];

/** Settings of training, each as the library's of that name, or as its text. */
export interface TrainingChoices {
  batch: number;
  learningRate: number;
  /** As `parseSchedule` reads it: constant, exponential:0.999, cosine. */
  schedule: string;
  steps: number;
  seed: number;
}

export interface ModelSettings extends TrainingChoices {
  preset: PresetName;
  couplings: number;
  hidden: number[];
  /** Blocks of each net, all as wide as the one hidden width; 0 for plain nets. */
  residualBlocks: number;
  scale: ScaleMap['map'];
  /** The density of the latent. */
  base: BaseName;
  /** Trains for all steps; else rows that are known stop it when held-out ones score no better, and the best is kept. */
  allSteps?: boolean;
}

/** What to learn from: fresh points of a toy density, or the visitor's own rows. */
export type DataSettings = ToyData | RowData;

export interface ToyData {
  kind: 'toy';
  name: ToyName;
  noise?: number;
  size: number | 'endless';
  /** Its classes are told apart: the flow learns the density of each. */
  apart?: boolean;
}

export interface RowData {
  kind: 'rows';
  /** Row-major [N, D]. */
  rows: Rows;
  columns: string[];
  title: string;
  /** Where all values of all columns lie; `real` by default. */
  domain?: Domain;
  /** Where the rows are told apart: the class of each. */
  labels?: RowLabels;
}

/** How the pictures look; changing it never touches the model. */
export interface View {
  colours: 'linear' | 'log';
  theme: 'light' | 'dark';
  /** The two columns that are shown; others are at their mean in the density and the grid. */
  columns: [number, number];
  /** Where the layer scrubber stands, from 0 (data) to L (latent), fractions between two bijectors. */
  layer: number;
  /** Draw the data over the density. */
  showData: boolean;
  /** The class that is shown where the data are told apart, as its place among the levels. */
  level: number;
  /** Half the width of the shown square, in standard deviations of the data around its mean. */
  reach: number;
}

/** `flat-out` fills the frame's budget; `slow` makes that many steps a second, so that one can watch. */
export type Pace = { kind: 'flat-out' } | { kind: 'slow'; stepsPerSecond: number };

export type ToWorker =
  | { type: 'start'; canvases: Record<Picture, OffscreenCanvas>; pixelRatio: number; view: View }
  /** A fresh model on this data; also the reset. The pictures show it at once, training waits for `train`. */
  | { type: 'configure'; model: ModelSettings; data: DataSettings }
  | { type: 'train'; pace: Pace }
  | { type: 'pause' }
  | { type: 'step' }
  | { type: 'view'; view: View }
  /** CSS pixels times the pixel ratio; a picture without a size is not shown, and costs nothing. */
  | { type: 'resize'; picture: Picture; width: number; height: number }
  /** The tab is hidden: nothing is trained nor drawn until it is shown. */
  | { type: 'visibility'; hidden: boolean }
  /** Canvas coordinates in [0, 1], from the top left; null where the pointer left. */
  | { type: 'hover'; picture: Picture; at: { x: number; y: number } | null }
  /** For tests: the device is destroyed, as a driver's crash would. */
  | { type: 'lose-device' }
  | Request;

/** Answered by one `answer` or `refusal` of the same id. */
export type Request =
  | { type: 'save'; id: number }
  | ({ type: 'load'; id: number; bytes: Uint8Array; fileName: string } & AtHand)
  | { type: 'draw-samples'; id: number; count: number; seed: number }
  | { type: 'picture'; id: number; picture: Picture };

/** What is set while a model is opened. */
export interface AtHand {
  /** Trains a model that no settings make. */
  model: ModelSettings;
  /** The labels of rows come along, told apart or not. */
  data?: DataSettings;
}

/** A model that was opened, and the data that it goes on with. */
export interface OpenedModel {
  /** What makes such a model; null where no settings do. */
  settings: ModelSettings | null;
  /** A short name for the data; where there are none, the model's own. */
  title: string;
  columns: string[];
  origin: DataOrigin;
  /** Steps that it was trained for, as its file says; null where it does not. */
  steps: number | null;
}

/** A toy density, the rows at hand, or, where neither is what the model learned, samples of the model. */
export type DataOrigin = ToyData | { kind: 'at-hand'; apart: boolean } | { kind: 'own-samples' };

export interface Answers {
  save: Uint8Array;
  load: OpenedModel;
  /** Row-major [count, D], in the data's own units, of the class that is shown. */
  'draw-samples': { columns: string[]; rows: Rows };
  /** A PNG. */
  picture: Blob;
}

/** The flow in the pictures. */
export interface FlowFacts {
  bijectors: readonly string[];
  base: BaseType;
  columns: readonly string[];
  /** Of each column of the data; the density is a slice at the mean of the columns that are not shown. */
  mean: readonly number[];
  std: readonly number[];
  /** The classes of the flow. */
  classes: LabelColumn | null;
}

export interface AdapterFacts {
  description: string;
  software: boolean;
}

/** What a configuration costs, told as soon as it is set. */
export interface Price {
  parameters: number;
  /** Bytes on the GPU while training. */
  bytes: number;
  /** Measured, not estimated; null until some steps have run. */
  msPerStep: number | null;
}

export interface Progress {
  step: number;
  steps: number;
  /** NLL in nats of each step since the last progress. */
  losses: Float32Array;
  /** Held-out NLL in nats at this step, where it was scored; not finite where the density of a row is not. */
  validationNll: number | null;
  /** Its standard error, nats; null where it was not scored, or by one row alone. */
  validationError: number | null;
  /** The exact entropy of the data in nats: no model can do better. Null where nobody knows it. */
  floor: number | null;
  /** Held-out NLL of a Gaussian fitted to the same rows, nats; null for toy densities, or if there is none. */
  gaussianNll: number | null;
  msPerStep: number;
  stepsPerSecond: number;
  samplesPerSecond: number;
  /** Useful floating-point operations a second (6 × weights × batch a step), in 10⁹. */
  gflops: number;
  /** Of the adapter's measured peak, 0 to 1; null until it has been measured. */
  shareOfPeak: number | null;
}

/** A point under the pointer, the same in every picture. */
export interface Hovered {
  x: number[];
  z: number[];
  /** Nats. */
  logProb: number;
  /** Nats, one per bijector in the direction data → latent. */
  logDets: number[];
}

export type FromWorker =
  | { type: 'ready'; adapter: AdapterFacts }
  /** No WebGPU here: the page plays recorded frames instead. */
  | { type: 'unavailable'; reason: string }
  | ({
      type: 'configured';
      /** A model of `configure`; else one that was opened. */
      isFresh: boolean;
      price: Price;
    } & FlowFacts)
  | { type: 'price'; price: Price }
  /** For the first time since `configured` this picture shows the model. */
  | { type: 'drawn'; picture: Picture }
  | { type: 'progress'; progress: Progress }
  /** Training came to its end, was paused, or diverged; `reason` is for people. */
  | { type: 'stopped'; cause: 'done' | 'paused' | 'diverged'; reason: string }
  | { type: 'hovered'; hovered: Hovered | null }
  /** The device was lost; the worker opens another and goes on from its last snapshot, then says `resumed`. */
  | { type: 'device-lost'; reason: string }
  | { type: 'resumed'; step: number }
  /** A mistake of the visitor's: nothing has changed. */
  | { type: 'mistake'; message: string }
  | { type: 'answer'; id: number; value: Answers[keyof Answers] }
  | { type: 'refusal'; id: number; message: string };
