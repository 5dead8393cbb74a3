// Offsets of the trained tensors of an actnorm and an invertible linear map before a coupling, from their start. Each tensor
// starts at a multiple of four elements (src/spec/layout.ts): bias, log_scale [N_DIM], lower, upper [N_TRIANGLE],
// log_diagonal [N_DIM].
#include "shared/triangles.wgsl"

const N_TRIANGLE = N_DIM * (N_DIM - 1u) / 2u;
const MIX_LOG_SCALE = (N_DIM + 3u) / 4u * 4u;
const MIX_LOWER = 2u * MIX_LOG_SCALE;
const MIX_UPPER = MIX_LOWER + (N_TRIANGLE + 3u) / 4u * 4u;
const MIX_LOG_DIAGONAL = MIX_UPPER + (N_TRIANGLE + 3u) / 4u * 4u;
