/** The density of the base as operations on a row. */
import { INVERTED, NONE, WALLS } from '../../kernels/resident/ops.ts';
import type { Density } from '../../kernels/resident/ops.ts';
import { at } from '../maths/at.ts';
import { mixtureDraw, normalDraws, studentTDraws, uniformDraws, wordsOfRow } from '../maths/draws.ts';
import { mixtureDensity, mixtureGradient, mixtureOf } from '../maths/mixture.ts';
import { normalLogDensity } from '../maths/normal_log_density.ts';
import { studentTDensity } from '../maths/student_t.ts';
import { range, sum } from './row.ts';
import type { Call, Fields, Row } from './row.ts';

interface DensityOps {
  log(op: Fields, row: Row): number;
  /** The gradient of log p, times `factor`: of z, and what is kept from `slot` on. */
  gradient(op: Fields, row: Row, factor: number): { dZ: number[]; kept: number[] };
  draw(op: Fields, row: Row): number[];
}

const latentOf = ({ from, count }: Fields, row: Row): number[] => range(count).map((j) => row.unit(from + j));

const mixtureFor = ({ count, inputs, tensor, bias, aux }: Fields, row: Row) =>
  mixtureOf(row.call.buffers.parameters, {
    n_features: count,
    n_components: inputs,
    mean_offset: tensor,
    log_scale_offset: bias,
    logits_offset: aux,
  });

const dfsOf = ({ tensor, count }: Fields, row: Row): number[] =>
  range(count).map((j) => Math.exp(row.parameter(tensor + j)));

const wordsFor = (row: Row) => wordsOfRow(row.call.params, row.row);

const kinds: Record<Density, DensityOps> = {
  normal: {
    log(op, row) {
      const z = latentOf(op, row);
      return normalLogDensity(
        sum(op.count, (j) => at(z, j) ** 2),
        op.count,
      );
    },
    gradient(op, row, factor) {
      const z = latentOf(op, row);
      return { dZ: z.map((value) => -factor * value), kept: z.map((value) => factor * value) };
    },
    draw: ({ count }, row) =>
      normalDraws(wordsFor(row), count).map((normal) => row.call.params.temperature * normal),
  },

  student_t: {
    log(op, row) {
      const z = latentOf(op, row);
      const dfs = dfsOf(op, row);
      return sum(op.count, (j) => studentTDensity(at(z, j), at(dfs, j)).log);
    },
    gradient(op, row, factor) {
      const dfs = dfsOf(op, row);
      const parts = latentOf(op, row).map((z, j) => studentTDensity(z, at(dfs, j)));
      return {
        dZ: parts.map(({ dZ }) => factor * dZ),
        kept: parts.map(({ dLogDf }) => factor * dLogDf),
      };
    },
    draw: (op, row) =>
      studentTDraws(wordsFor(row), dfsOf(op, row)).map((t) => row.call.params.temperature * t),
  },

  mixture: {
    log: (op, row) => mixtureDensity(mixtureFor(op, row), latentOf(op, row)).log,
    gradient(op, row, factor) {
      const components = mixtureFor(op, row);
      const density = mixtureDensity(components, latentOf(op, row));
      const { dZ, dMean, dLogScale, dLogit } = mixtureGradient(components, density, factor);
      const dLogits = op.aux === NONE ? [] : dLogit;
      return { dZ, kept: [...dMean.flat(), ...dLogScale.flat(), ...dLogits] };
    },
    draw: (op, row) => mixtureDraw(wordsFor(row), mixtureFor(op, row), row.call.params.temperature),
  },

  uniform: {
    log(op, row) {
      const beyond = sum(op.count, (j) => Math.max(Math.abs(row.unit(op.from + j)) - op.number, 0));
      if (beyond > 0 && !(op.option & WALLS)) return -Infinity;
      return -op.count * Math.log(2 * op.number) - beyond;
    },
    gradient: (op, row, factor) => ({
      dZ: latentOf(op, row).map((z) => (Math.abs(z) > op.number ? -factor * Math.sign(z) : 0)),
      kept: [],
    }),
    draw({ count, number }, row) {
      const width = 2 * Math.min(row.call.params.temperature, 1) * number;
      return uniformDraws(wordsFor(row), count).map((s) => width * s);
    },
  },
};

function kindOf({ flags }: Call): DensityOps {
  if (flags.NORMAL) return kinds.normal;
  if (flags.STUDENT_T) return kinds.student_t;
  return flags.MIXTURE ? kinds.mixture : kinds.uniform;
}

export const densities = {
  draw(op: Fields, row: Row): void {
    row.units.set(kindOf(row.call).draw(op, row), op.to);
  },
  latent(_: Fields, { call, row, units }: Row): void {
    const rows = 4 * call.params.n_quads;
    for (const j of range(call.params.n_dim)) call.buffers.latent[j * rows + row] = at(units, j);
  },
  log_density(op: Fields, row: Row): void {
    const log = kindOf(row.call).log(op, row);
    row.units[row.logDet] = row.unit(row.logDet) + (op.option & INVERTED ? -log : log);
  },
  log_density_backward(op: Fields, row: Row): void {
    const { dZ, kept } = kindOf(row.call).gradient(op, row, row.dLogDet);
    row.units.set(dZ, op.to);
    if (op.slot !== 0) kept.forEach((value, i) => row.keep(op.slot + i, value));
  },
};
