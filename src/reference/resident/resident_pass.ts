import {
  OP_FIELDS,
  OP_WORDS,
  OPS,
  STEPS,
  INVERTED,
  LOGARITHMS,
  NONE,
  SHIFT_FIRST,
  UNIT_DOMAIN,
} from '../../kernels/resident/ops.ts';
import type { OpKind } from '../../kernels/resident/ops.ts';
import { contextUnit } from '../../kernels/resident/resident_pass.ts';
import { rawCount } from '../../kernels/spline/rational_quadratic.ts';
import { fromDomain, intoDomain } from '../../model/domain.ts';
import { at } from '../maths/at.ts';
import { binsOf, splineImage } from '../maths/rational_quadratic.ts';
import { splineGradient } from '../maths/rational_quadratic_gradient.ts';
import { densities } from './densities.ts';
import { range, Row, sum } from './row.ts';
import type { Call, Fields } from './row.ts';
import { lowerPlace, upperPlace } from '../maths/triangles.ts';

/** One row at a time: its units, and its factors by slot. */
export function residentPass(call: Call): void {
  const { params, flags, sizes, buffers } = call;
  const { state, log_det, context, d_state, checkpoints, log_prob } = buffers;
  const { n_dim: dim, n_context: contextDim } = params;
  const rows = 4 * params.n_quads;
  const ops = opsOf(buffers.ops, params.n_ops);
  // Factors are kept for whole pairs of quads: rows past the last are the last quad's again, without a gradient.
  const kept = flags.KEEP ? 8 * Math.ceil(rows / 8) : rows;
  for (let row = 0; row < kept; row++) {
    const from = row < rows ? row : row - 4;
    const units = new Float64Array(sizes.N_UNITS);
    const tileRow = new Row(call, row, units);
    for (let j = 0; j < dim; j++) {
      if (flags.RESUME) units[j] = at(checkpoints, tileRow.checkpointPlace(params.resume, j, from));
      else units[j] = at(state, j * rows + from);
      if (flags.RESTORE && row < rows) state[j * rows + row] = at(units, j);
    }
    if (flags.RESUME) units[dim] = at(checkpoints, tileRow.checkpointPlace(params.resume, dim, from));
    else units[dim] = flags.LOG_DET && params.accumulate === 1 ? at(log_det, from) : 0;
    for (let j = 0; flags.CONTEXT && j < contextDim; j++) {
      units[contextUnit(dim) + j] = at(context, j * rows + from);
    }
    if (flags.KEEP) tileRow.keep(0, 1);
    for (const op of ops) run(op, tileRow);
    if (row >= rows) continue;
    for (let j = 0; j < dim; j++) {
      if (flags.D_STATE) d_state[j * rows + row] = at(units, j);
      if (!flags.KEEP) state[j * rows + row] = at(units, j);
    }
    const logDet = at(units, dim);
    if (flags.SCORE) {
      const place = params.score_start + row;
      if (row < params.n_valid_rows) log_prob[place] = params.score_sign < 0 ? -logDet : logDet;
    } else if (flags.LOG_DET) log_det[row] = logDet;
  }
}

/** Sets units `to` .. `to` + `count` − 1 to values that are all computed first. */
function set({ to, count }: Fields, { units }: Row, value: (i: number) => number): void {
  units.set(
    Array.from({ length: count }, (_, i) => value(i)),
    to,
  );
}

const kinds: Record<OpKind, (op: Fields, row: Row) => void> = {
  dense(op, row) {
    const { to, count, from, inputs, tensor, bias, aux, slot, slope, option } = op;
    const { outputQuads } = row;
    if (aux !== 0) for (const i of range(inputs)) row.keep(aux + i, row.unit(from + i));
    const across = outputQuads * Math.ceil(count / (4 * outputQuads));
    set(op, row, (o) => {
      let value = sum(
        inputs,
        (i) => row.packed(tensor + i * across + Math.floor(o / 4), o % 4) * row.unit(from + i),
      );
      if (bias !== NONE) value += row.parameter(bias + o);
      if (option & STEPS.timesSlope) value *= slopeOf(row, slope + o, option);
      if (option & STEPS.add) value += row.unit(to + o);
      if (option & STEPS.activate) {
        const activated = row.activated(value);
        if (option & STEPS.keepSlope) row.keep(slope + o, activated.derivative);
        value = activated.value;
      }
      if (option & STEPS.keep) row.keep(slot + o, value);
      return value;
    });
  },
  copy: (op, row) => set(op, row, (i) => row.unit(op.from + i)),
  keep({ from, count, slot }, row) {
    for (const i of range(count)) row.keep(slot + i, row.unit(from + i));
  },
  recall: (op, row) => set(op, row, (i) => row.factor(op.slot + i)),
  checkpoint({ slot }, row) {
    const { params, buffers } = row.call;
    for (const unit of range(params.n_dim + 1)) {
      buffers.checkpoints[row.checkpointPlace(slot, unit, row.row)] = row.unit(unit);
    }
  },
  gradient(_, { call: { params, buffers }, row, units }) {
    const rows = 4 * params.n_quads;
    for (const j of range(params.n_dim)) units[j] = row < rows ? at(buffers.d_state, j * rows + row) : 0;
  },
  parameters: (op, row) => set(op, row, (i) => row.parameter(op.tensor + i)),
  activate(op, row) {
    const { from, slot, slope, option } = op;
    set(op, row, (i) => {
      const { value, derivative } = row.activated(row.unit(from + i));
      if (option & STEPS.keepSlope) row.keep(slope + i, derivative);
      if (option & STEPS.keep) row.keep(slot + i, value);
      return value;
    });
  },
  affine({ to, count, from, aux, slot, option, number }, row) {
    const isShiftFirst = (option & SHIFT_FIRST) !== 0;
    for (const j of range(count)) {
      const [x, a, t] = [row.unit(to + j), row.unit(from + j), row.unit(aux + j)];
      const s = row.logScale(a, number).value;
      const scale = Math.exp(s);
      if (option & INVERTED) row.units[to + j] = isShiftFirst ? x / scale - t : (x - t) / scale;
      else row.units[to + j] = isShiftFirst ? (x + t) * scale : x * scale + t;
      row.units[from + j] = s;
      if (slot === 0) continue;
      row.keep(slot + j, isShiftFirst ? row.unit(to + j) : x * scale);
      row.keep(slot + count + j, a);
    }
  },
  affine_backward({ to, count, from, aux, slot, option, number }, row) {
    for (const j of range(count)) {
      const [scaled, s] = [row.factor(slot + j), row.logScale(row.factor(slot + count + j), number)];
      const dZ = row.unit(to + j);
      const dX = dZ * Math.exp(s.value);
      row.units[to + j] = dX;
      row.units[from + j] = (dZ * scaled + row.dLogDet) * s.derivative;
      row.units[aux + j] = option & SHIFT_FIRST ? dX : dZ;
      row.keep(slot + j, row.unit(from + j));
      row.keep(slot + count + j, row.unit(aux + j));
    }
  },
  shift: (op, row) => set(op, row, (j) => row.unit(op.to + j) + op.number * row.unit(op.from + j)),
  spline(op, row) {
    const { to, count, slope, aux, inputs: bins, number: bound, option } = op;
    for (const j of range(count)) {
      if (slope !== 0) row.keep(slope + j, row.unit(to + j));
      const spline = { bound, inverse: (option & INVERTED) !== 0 };
      const image = splineImage(binsOf(rawNumbers(op, row, j), bins, bound), spline, row.unit(to + j));
      row.units[to + j] = image.value;
      row.units[aux + j] = image.logDerivative;
    }
  },
  spline_backward(op, row) {
    const { to, count, from, slope, slot, inputs: bins, number: bound } = op;
    for (const j of range(count)) {
      const raw = rawNumbers(op, row, j);
      const gradients = { dZ: row.unit(to + j), dLogDet: row.dLogDet };
      const { dX, dRaw } = splineGradient(raw, { bins, bound }, row.factor(slope + j), gradients);
      row.units[to + j] = dX;
      row.units.set(dRaw, from + j * raw.length);
      dRaw.forEach((value, i) => row.keep(slot + j * raw.length + i, value));
    }
  },
  domain({ to, count, aux, tensor, option }, row) {
    const bounds = option & UNIT_DOMAIN ? 'unit' : 'positive';
    for (const j of range(count)) {
      const [before, scale] = [row.unit(to + j), row.parameter(tensor + j)];
      if (option & INVERTED) {
        const { value, logDerivative } = intoDomain(bounds, before, scale);
        row.units[to + j] = value;
        row.units[aux + j] = logDerivative;
      } else {
        const { image, logDerivative } = fromDomain(bounds, before, scale);
        row.units[to + j] = image;
        row.units[aux + j] = logDerivative;
      }
    }
  },
  scale({ to, count, tensor, bias, slot, option }, row) {
    for (const j of range(count)) {
      const factor = Math.exp(row.parameter(tensor + j));
      const b = bias === NONE ? 0 : row.parameter(bias + j);
      const value = row.unit(to + j);
      row.units[to + j] = option & INVERTED ? value / factor - b : (value + b) * factor;
      if (slot !== 0) row.keep(slot + j, row.unit(to + j));
    }
  },
  scale_backward({ to, count, tensor, bias, slot }, row) {
    for (const j of range(count)) {
      const [z, dZ] = [row.factor(slot + j), row.unit(to + j)];
      const dX = dZ * Math.exp(row.parameter(tensor + j));
      row.units[to + j] = dX;
      row.keep(slot + j, dZ * z + row.dLogDet);
      if (bias !== NONE) row.keep(slot + count + j, dX);
    }
  },
  standardize(op, row) {
    const { to, tensor, bias, option } = op;
    set(op, row, (j) => {
      const [mean, std] = [row.parameter(tensor + j), row.parameter(bias + j)];
      return option & INVERTED ? row.unit(to + j) * std + mean : (row.unit(to + j) - mean) / std;
    });
  },
  permute({ to, count, from, tensor, bias, option }, row) {
    for (const j of range(count)) {
      const other = row.parameter(tensor + j);
      const sign = bias === NONE ? 1 : row.parameter(bias + j);
      if (option & INVERTED) row.units[to + other] = sign * row.unit(from + j);
      else row.units[to + j] = sign * row.unit(from + other);
    }
  },
  diagonal_factors({ from, count, tensor, slope, slot }, row) {
    for (const i of range(count)) {
      const factor = row.unit(from + i) * row.factor(slope + i) * Math.exp(row.parameter(tensor + i));
      row.keep(slot + i, factor + row.dLogDet);
    }
  },
  solve_upper(op, row) {
    for (const i of range(op.count).toReversed()) {
      const known = sum(op.count, (j) => (j > i ? upper(op, row, i, j) * row.unit(op.to + j) : 0));
      row.units[op.to + i] = (row.unit(op.to + i) - known) / Math.exp(row.parameter(op.bias + i));
    }
  },
  solve_lower(op, row) {
    for (const i of range(op.count)) {
      row.units[op.to + i] = row.unit(op.to + i) - sum(i, (j) => lower(op, row, i, j) * row.unit(op.to + j));
    }
  },
  add_units({ from, count, number }, { units, logDet }) {
    units[logDet] = at(units, logDet) + number * sum(count, (i) => at(units, from + i));
  },
  add_tensor({ tensor, count, option, number }, row) {
    const value = (i: number): number => row.parameter(tensor + i);
    const total = sum(count, (i) => (option & LOGARITHMS ? Math.log(value(i)) : value(i)));
    row.units[row.logDet] = row.unit(row.logDet) + number * total;
  },
  ...densities,
};

function slopeOf(row: Row, slot: number, option: number): number {
  return option & STEPS.atValue ? row.derivativeAt(row.factor(slot)) : row.factor(slot);
}

/** The raw numbers of the spline of feature `j`. */
function rawNumbers({ from, inputs: bins }: Fields, row: Row, j: number): number[] {
  return range(rawCount(bins)).map((i) => row.unit(from + j * rawCount(bins) + i));
}

function upper({ tensor, count }: Fields, row: Row, i: number, j: number): number {
  return row.parameter(tensor + upperPlace(i, j, count));
}

function lower({ tensor }: Fields, row: Row, i: number, j: number): number {
  return row.parameter(tensor + lowerPlace(i, j));
}

function run(op: Fields, row: Row): void {
  kinds[op.kind](op, row);
}

function opsOf(words: Uint32Array, count: number): Fields[] {
  const numbers = new Float32Array(words.buffer, words.byteOffset, words.length);
  return range(count).map((index) => {
    const start = index * OP_WORDS;
    const fields = OP_FIELDS.map((field, i) => {
      const source = field === 'number' ? numbers : words;
      return [field, source[start + 1 + i] ?? NaN];
    });
    const kind = OPS[words[start] ?? NaN];
    if (kind === undefined) throw new RangeError(`operation ${index} has no known kind`);
    return { kind, ...(Object.fromEntries(fields) as Omit<Fields, 'kind'>) };
  });
}
