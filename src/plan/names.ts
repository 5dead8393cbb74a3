/** Buffer names that plans share. Workspace buffers are feature-major: [features, rows]. */
export const PARAMETERS = 'parameters';
/** PARAMETERS in f16, for nets at half precision. */
export const HALF_PARAMETERS = 'half_parameters';
export const GRADIENTS = 'gradients';
/** Adam's two moments. Gradient descent keeps its velocity in the first, and has no second. */
export const FIRST_MOMENT = 'first_moment';
export const SECOND_MOMENT = 'second_moment';
/** The moving average of PARAMETERS over the steps of a run. */
export const AVERAGE = 'average';

/** The rows on their way through the flow, [dim, rows]: x before, z after. */
export const STATE = 'state';
export const D_STATE = 'd_state';
export const LOG_DET = 'log_det';
export const LOG_PROB = 'log_prob';
export const NLL = 'nll';
/** The latent rows of a sample, [dim, rows]. */
export const LATENT = 'latent';

/** Trace results after each bijector: the rows [place, dim, rows] and its own log-det [place, rows]. */
export const TRACE_STATES = 'trace_states';
export const TRACE_LOG_DETS = 'trace_log_dets';

/** Each row's gradients of the tensors of the base distribution, [elements, rows]. */
export const D_BASE = 'd_base';

/** Scratch space for reordering the features of rows, [dim, rows]. */
export const SCRATCH = 'scratch';

/** For an invertible linear map, y = (U + diag) x, then the gradients of L y and of y, [dim, rows]. */
export const LINEAR_INNER = 'linear_inner';
export const D_LINEAR_OUTER = 'd_linear_outer';
export const D_LINEAR_INNER = 'd_linear_inner';

/** The context features of the rows, [contextDim, rows]. */
export const CONTEXT = 'context';
/** [x₁; c] of the current coupling, if its nets read a context. */
export const CONDITIONER_INPUT = 'conditioner_input';

export const LOG_SCALE = 'log_scale';
export const D_CONDITIONER_OUTPUT = 'd_conditioner_output';
/** Rows before the bijector at this place, if it cannot rebuild them, [transformed, rows]. */
export const keptRowsName = (place: number): string => `kept_rows@${place}`;
/** The bins of the elementwise splines whose tensor starts at this offset of PARAMETERS: see `rationalQuadraticBins`. */
export const splineTableName = (offset: number): string => `spline_table@${offset}`;
/** The gradients of such a table, summed over each slice of the rows, [slices, features, bins, 8]. */
export const D_SPLINE_TABLE = 'd_spline_table';

/** The nets' weights in the order in which the resident pass at a place reads them: see `WeightPacker`. */
export const packedWeightsName = (place: number): string => `packed_weights@${place}`;
/** Partial sums of all gradients of the bijectors from a place on; 0 for other parameters. */
export const residentPartialsName = (place: number): string => `resident_partials@${place}`;
/** State and log-det of the rows between bijectors of the resident pass at a place, [*, dim + 1, rows]. */
export const checkpointsName = (place: number): string => `checkpoints@${place}`;
/** What a resident pass keeps of each row for the gradients of weights. */
export const FACTORS = 'factors';
/** The current layer's sums over slices of the rows. */
export const WEIGHT_PARTIALS = 'weight_partials';
/** The current layer's partial sums in f32, if its outputs are f16. */
export const LAYER_SUMS = 'layer_sums';
/** The transposed weight of the current layer. */
export const TRANSPOSED_WEIGHT = 'transposed_weight';

/** The buffers of a coupling's nets: its own, or the ones that all couplings share. */
export interface Activations {
  /** [a | t], [2 · transformed, rows], or t alone. */
  output: string;
  /** Output of a net's layer, [width, rows]. */
  hidden: (net: number, layer: number) => string;
  derivative: (net: number, layer: number) => string;
  /** If the nets run by pieces: their lines, and their input, [1, rows]. */
  lines: string;
  condition: string;
}

/** The names of the activations of the coupling `owner`, or of the shared ones. */
export function activationsOf(owner?: number): Activations {
  const suffix = owner === undefined ? '' : `@${owner}`;
  return {
    output: `conditioner_output${suffix}`,
    hidden: (net, layer) => `hidden.${net}.${layer}${suffix}`,
    derivative: (net, layer) => `derivative.${net}.${layer}${suffix}`,
    lines: `${PIECE_LINES}${suffix}`,
    condition: `${CONDITIONS}${suffix}`,
  };
}

export const dHiddenName = (layer: number): string => `d_hidden.${layer}`;

export const STEP_STATE = 'step_state';
export const STEP_CURSOR = 'step_cursor';
export const STEP_SCALARS = 'step_scalars';
/** The factor of the covariance of the noise that training rows get, [D, D]. */
export const NOISE_FACTOR = 'noise_factor';
export const STEP_LOSSES = 'step_losses';
/** The sums of a step, [2]: of the rows' NLL, and of the squares of the gradient. */
export const STEP_SUMS = 'step_sums';
export const PARTIAL_SUMS = 'partial_sums';
export const datasetName = (segment: number): string => `${DATASET_PREFIX}${segment}`;
/** The contexts of the data set's rows, cut into separate segments. */
export const contextDatasetName = (segment: number): string => `${CONTEXT_DATASET_PREFIX}${segment}`;
/** The widths of the data set's cells, cut like its rows. */
export const widthDatasetName = (segment: number): string => `${WIDTH_DATASET_PREFIX}${segment}`;
export const isDataset = (name: string): boolean =>
  [DATASET_PREFIX, CONTEXT_DATASET_PREFIX, WIDTH_DATASET_PREFIX].some((prefix) => name.startsWith(prefix));
const DATASET_PREFIX = 'dataset.';
const CONTEXT_DATASET_PREFIX = 'context_dataset.';
const WIDTH_DATASET_PREFIX = 'width_dataset.';
/** The bounds of weighted rows, by which `batch_gather` finds the row of a place. */
export const ROW_BOUNDS = `${DATASET_PREFIX}bounds`;

/** The fused kernels' buffers for each coupling of a segment: see `flowForward` and `flowBackward`. */
export const CONDITIONS = 'conditions';
/** [a | t] of each coupling, then its gradient. */
export const D_OUTPUTS = 'd_outputs';
export const HIDDENS = 'hiddens';
/** The gradient of the first hidden layer of each coupling's nets, before its activation. */
export const D_FIRST = 'd_first';
/** Buffers for sorting the rows by the pieces of each net's input: see `pieceOrder` and `pieceSums`. */
export const PIECES = 'pieces';
export const PIECE_ORDER = 'piece_order';
export const PIECE_ENDS = 'piece_ends';
export const PIECE_SUMS = 'piece_sums';
/** The gradients of the second layer of one coupling's nets: see `pieceBackwardInput`. */
export const D_UNITS = 'd_units';
export const PIECE_LINES = 'piece_lines';
