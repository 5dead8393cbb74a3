// Where the tensors of a small net lie, from its start. Each starts at a multiple of four elements
// (src/paramLayout.ts): W0 [HIDDEN_0, N_CONDITION], b0, then with DEEP W1 [HIDDEN_1, HIDDEN_0], b1, and last
// W [N_OUT, N_LAST], b.

const BIAS_0 = (HIDDEN_0 * N_CONDITION + 3u) / 4u * 4u;
#if DEEP
const WEIGHT_1 = BIAS_0 + (HIDDEN_0 + 3u) / 4u * 4u;
const BIAS_1 = WEIGHT_1 + (HIDDEN_1 * HIDDEN_0 + 3u) / 4u * 4u;
const WEIGHT_OUT = BIAS_1 + (HIDDEN_1 + 3u) / 4u * 4u;
const BIAS_OUT = WEIGHT_OUT + (N_OUT * HIDDEN_1 + 3u) / 4u * 4u;
#else
const WEIGHT_OUT = BIAS_0 + (HIDDEN_0 + 3u) / 4u * 4u;
const BIAS_OUT = WEIGHT_OUT + (N_OUT * HIDDEN_0 + 3u) / 4u * 4u;
#endif
