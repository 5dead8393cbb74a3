/** The messages between the kernel lab's page and its workers. */
import type { AdapterReport, KernelVariants } from '../../src/index.ts';
import type {
  BenchDocument,
  BenchEntry,
  Choice,
  ConfigName,
  KernelFacts,
  Peaks,
  TileSizes,
} from '../../src/measure/index.ts';

/** The configurations to measure, or everything that `wgflow bench` measures. */
export type Sweep = ConfigName[] | 'all';

/** The method that chooses the kernels of the plans. */
export type KernelChoice = 'fixed' | 'measured' | KernelVariants;

export interface RunRequest {
  sweep: Sweep;
  /** `batches`: training steps of several batches. */
  only?: 'plans' | 'kernels' | 'batches';
  quick: boolean;
  choice: KernelChoice;
}

/** One kernel to measure again with other tiles. */
export interface RetileRequest {
  entry: BenchEntry;
  /** The sweep that the kernel came from. */
  sweep: Sweep;
  choice: KernelChoice;
  tile: TileSizes;
}

export type ToLab =
  { type: 'run'; request: RunRequest } | { type: 'retile'; request: RetileRequest } | { type: 'stop' };

export type FromLab =
  /** `choices` lists the possible values of each kernel choice. */
  | {
      type: 'ready';
      adapter: AdapterReport;
      fixed: Choice;
      choices: Record<string, readonly (string | number)[]>;
    }
  | { type: 'unavailable'; reason: string }
  | { type: 'begin'; what: string; done: number; total: number }
  | { type: 'peak'; peaks: Peaks; clock: string }
  | { type: 'entry'; entry: BenchEntry; kernel?: KernelFacts; done: number; total: number }
  | { type: 'mismatch'; message: string }
  | { type: 'done'; document: BenchDocument }
  | { type: 'retiled'; entry: BenchEntry; kernel: KernelFacts }
  | { type: 'stopped' }
  | { type: 'failed'; message: string };

/** The libraries to compare with, each on the same training step. */
export const PEERS = ['jax-js', 'tfjs-webgpu', 'tfjs-wasm'] as const;
export type Peer = (typeof PEERS)[number];

export type ToPeer = { type: 'time'; peer: Peer | 'wgflow'; config: ConfigName };

export type FromPeer =
  | { type: 'time'; setup: string; msPerStep: number; spread: [number, number]; losses: [number, number] }
  | { type: 'failed'; message: string };
