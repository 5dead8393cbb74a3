/** Which specs describe a flow: ranges, and the relations between fields, which types cannot say. */
import { ShapeError } from '../errors.ts';
import { MIXTURE_COMPONENTS, SPLINE_BINS, STUDENT_T_DF } from './spec.ts';
import { MAX_CONTEXT, SPEC_LIMITS } from '../model/limits.ts';
import type { BaseSpec, CouplingSpec, FlowSpec } from './spec.ts';
import type { Domain } from '../model/domain.ts';
import type { ScaleMap } from '../model/scaleMap.ts';
import type { FeatureBlock } from '../model/blocks.ts';

/**
 * Checks what types cannot: ranges and the relations between fields.
 * @throws {ShapeError} naming the field, what was found and what was expected
 */
export function validateSpec(spec: FlowSpec): void {
  requireInteger('spec.dim', spec.dim, 1, SPEC_LIMITS.dim);
  requireLength('spec.bijectors', spec.bijectors, SPEC_LIMITS.bijectors);
  requireInteger('spec.contextDim', spec.contextDim, 0, MAX_CONTEXT);
  requireContext(spec);
  validateBase(spec.base);
  spec.bijectors.forEach((bijector, index) => {
    const where = `spec.bijectors[${index}]`;
    switch (bijector.type) {
      case 'standardize':
        if (index !== 0 && !(index === 1 && spec.bijectors[0]?.type === 'domain')) {
          throw new ShapeError(
            `${where}.type`,
            'standardize',
            'standardize only as the first bijector, or after a domain',
          );
        }
        if (bijector.offset !== undefined) requireOffset(`${where}.offset`, spec, bijector.offset);
        break;
      case 'domain':
        if (index !== 0) throw new ShapeError(`${where}.type`, 'domain', 'domain only as the first bijector');
        requireDomains(`${where}.features`, spec.dim, bijector.features);
        break;
      case 'affine_coupling':
        requireCoupling(where, spec, bijector);
        requireScale(`${where}.scale`, bijector.scale);
        break;
      case 'additive_coupling':
        requireCoupling(where, spec, bijector);
        break;
      case 'rational_quadratic_coupling':
        requireCoupling(where, spec, bijector);
        requireSpline(where, bijector);
        break;
      case 'rational_quadratic_elementwise':
        requireSpline(where, bijector);
        requireBlock(`${where}.block`, spec.dim, bijector.block);
        break;
      case 'invertible_linear':
        requireTwoFeatures(spec.dim, 'An invertible linear map mixes features');
        if (bijector.init === 'whiten' && spec.bijectors[index - 1]?.type !== 'standardize') {
          throw new ShapeError(`${where}.init`, 'whiten', 'whiten only right after a standardize');
        }
        break;
      default:
    }
  });
}

function requireContext({ base, bijectors, contextDim }: FlowSpec): void {
  const isRead = base.type === 'class_conditional' || bijectors.some((bijector) => 'conditioner' in bijector);
  if (contextDim > 0 && !isRead) {
    const advice = 'Neither a coupling nor the base is there to read a context.';
    throw new ShapeError('spec.contextDim', String(contextDim), '0', advice);
  }
  if (base.type === 'class_conditional' && contextDim === 0) {
    const advice = 'The means of a class-conditional base come from the context.';
    throw new ShapeError('spec.contextDim', '0', 'at least 1', advice);
  }
}

function requireCoupling(where: string, spec: FlowSpec, coupling: CouplingSpec): void {
  requireBlocks(where, spec, coupling);
  const { conditioner } = coupling;
  requireLength(`${where}.conditioner.hidden`, conditioner.hidden, SPEC_LIMITS.hiddenLayers);
  conditioner.hidden.forEach((width, layer) =>
    requireInteger(`${where}.conditioner.hidden[${layer}]`, width, 1, SPEC_LIMITS.width),
  );
  if (conditioner.hidden.length === 0) {
    throw new ShapeError(`${where}.conditioner.hidden`, 'no hidden layer', 'one or more hidden widths');
  }
  const { residualBlocks } = conditioner;
  if (residualBlocks === undefined) return;
  requireInteger(`${where}.conditioner.residualBlocks`, residualBlocks, 1, SPEC_LIMITS.residualBlocks);
  if (conditioner.hidden.length > 1) {
    throw new ShapeError(
      `${where}.conditioner.hidden`,
      `${conditioner.hidden.length} widths`,
      'one, since the blocks of a residual net are all equally wide',
    );
  }
}

/** Two blocks with features in them; or, where the context is there to condition on, one. */
function requireBlocks(where: string, { dim, contextDim }: FlowSpec, { split, flip }: CouplingSpec): void {
  if (split === 0 && contextDim > 0) {
    if (!flip) return;
    throw new ShapeError(`${where}.flip`, 'true', 'false', 'Beside split 0 it leaves nothing to transform.');
  }
  const why = 'A coupling needs one feature to condition on and one to transform';
  requireTwoFeatures(dim, contextDim > 0 ? `${why}, or split 0 to condition on the context alone` : why);
  if (split === 0) {
    const advice = 'Without a context, split 0 leaves nothing to condition on.';
    throw new ShapeError(`${where}.split`, '0', `an integer from 1 to ${dim - 1}`, advice);
  }
  requireInteger(`${where}.split`, split, 1, dim - 1);
}

function requireBlock(where: string, dim: number, block: FeatureBlock | undefined): void {
  if (block === undefined) return;
  requireInteger(`${where}.start`, block.start, 0, dim - 1);
  requireInteger(`${where}.count`, block.count, 1, dim - block.start);
}

function requireTwoFeatures(dim: number, why: string): void {
  if (dim < 2)
    throw new ShapeError(
      'spec.dim',
      String(dim),
      'at least 2',
      `${why}; add a second column, or choose another preset.`,
    );
}

/** @throws {ShapeError} as `validateSpec` */
export function validateBase(base: BaseSpec): void {
  if (base.type === 'uniform') requireBound('spec.base.bound', base.bound);
  if (base.type === 'mixture') {
    const { min, max } = MIXTURE_COMPONENTS;
    requireInteger('spec.base.components', base.components, min, max);
  }
  const { min, max } = STUDENT_T_DF;
  if (base.type === 'student_t' && !(base.df >= min && base.df <= max)) {
    throw new ShapeError('spec.base.df', String(base.df), `a number from ${min} to ${max}`);
  }
}

function requireDomains(where: string, dim: number, features: readonly Domain[]): void {
  if (features.length !== dim) {
    throw new ShapeError(where, `${features.length} domains`, `${dim}, one for each feature`);
  }
  if (features.every((domain) => domain === 'real')) {
    throw new ShapeError(where, 'real throughout', 'a bounded feature', 'Leave the bijector out.');
  }
}

/** An offset of each feature, some of them other than 0; a bounded feature has none, since its map needs x itself. */
function requireOffset(where: string, { dim, bijectors }: FlowSpec, offset: readonly number[]): void {
  if (offset.length !== dim) {
    throw new ShapeError(where, `${offset.length} offsets`, `${dim}, one for each feature`);
  }
  if (offset.every((value) => value === 0)) {
    throw new ShapeError(where, '0 throughout', 'an offset other than 0', 'Leave the field out.');
  }
  const [first] = bijectors;
  offset.forEach((value, feature) => {
    const domain = first?.type === 'domain' ? (first.features[feature] ?? 'real') : 'real';
    const isSound = Number.isFinite(value) && (domain === 'real' || value === 0);
    if (isSound) return;
    throw new ShapeError(
      `${where}[${feature}]`,
      String(value),
      domain === 'real' ? 'a finite number' : `0, as the feature is ${domain}`,
    );
  });
}

function requireSpline(where: string, { bins, bound }: { bins: number; bound: number }): void {
  requireInteger(`${where}.bins`, bins, SPLINE_BINS.min, SPLINE_BINS.max);
  requireBound(`${where}.bound`, bound);
}

function requireScale(where: string, scale: ScaleMap): void {
  if (scale.map === 'tanh') requireBound(`${where}.bound`, scale.bound);
  if (scale.map === 'sigmoid' && scale.floor !== undefined) requireBound(`${where}.floor`, scale.floor);
}

function requireBound(where: string, bound: number): void {
  if (!(bound > 0 && Number.isFinite(bound))) {
    throw new ShapeError(where, String(bound), 'a positive finite number');
  }
}

function requireLength(field: string, { length }: readonly unknown[], max: number): void {
  if (length > max) throw new ShapeError(field, `${length} items`, `at most ${max}`);
}

function requireInteger(field: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    const range =
      max === Number.MAX_SAFE_INTEGER ? `an integer ≥ ${min}` : `an integer from ${min} to ${max}`;
    throw new ShapeError(field, String(value), range);
  }
}
