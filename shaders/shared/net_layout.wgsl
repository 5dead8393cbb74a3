// Offsets of the tensors of a small net, from its start.
// Each tensor starts at a multiple of four elements (src/spec/layout.ts): W0 [HIDDEN_0, N_INPUT], b0, with
// HAS_HIDDEN_1 then W1 [HIDDEN_1, HIDDEN_0], b1, with HAS_HIDDEN_2 then W2 [HIDDEN_2, HIDDEN_1], b2, and last
// W [N_OUT, N_LAST], b. The last of several hidden layers has WEIGHT_LAST [N_LAST, N_MIDDLE] and BIAS_LAST.
#include "shared/net_start.wgsl"

const BIAS_0 = (HIDDEN_0 * N_INPUT + 3u) / 4u * 4u;
const AFTER_0 = BIAS_0 + (HIDDEN_0 + 3u) / 4u * 4u;
#if HAS_HIDDEN_1
const WEIGHT_1 = AFTER_0;
const BIAS_1 = WEIGHT_1 + (HIDDEN_1 * HIDDEN_0 + 3u) / 4u * 4u;
const AFTER_1 = BIAS_1 + (HIDDEN_1 + 3u) / 4u * 4u;
#if HAS_HIDDEN_2
const WEIGHT_2 = AFTER_1;
const BIAS_2 = WEIGHT_2 + (HIDDEN_2 * HIDDEN_1 + 3u) / 4u * 4u;
const WEIGHT_LAST = WEIGHT_2;
const BIAS_LAST = BIAS_2;
const N_MIDDLE = HIDDEN_1;
const N_LAST = HIDDEN_2;
const WEIGHT_OUT = BIAS_2 + (HIDDEN_2 + 3u) / 4u * 4u;
#else
const WEIGHT_LAST = WEIGHT_1;
const BIAS_LAST = BIAS_1;
const N_MIDDLE = HIDDEN_0;
const N_LAST = HIDDEN_1;
const WEIGHT_OUT = AFTER_1;
#endif
#else
const N_LAST = HIDDEN_0;
const WEIGHT_OUT = AFTER_0;
#endif
const BIAS_OUT = WEIGHT_OUT + (N_OUT * N_LAST + 3u) / 4u * 4u;
