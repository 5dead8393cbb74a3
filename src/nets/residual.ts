/** A residual net: a running sum of the first layer's outputs and a term from each block of two layers. */
import type { Net } from './net.ts';

export const residual: Net = {
  innerWidths: ({ hidden: [width = 0], residualBlocks = 0 }) =>
    Array.from({ length: 1 + 2 * residualBlocks }, () => width),

  routes: (layers) => {
    const lastHidden = layers.length - 2;
    return layers.map((layer, depth) => {
      const isLast = depth > lastHidden;
      // The first layer, and the second layer of each block.
      const isTerm = depth % 2 === 0;
      const isActivated = !isLast && depth !== lastHidden;
      return {
        layer,
        depth,
        isFirst: depth === 0,
        isLast,
        isTerm,
        place: isTerm ? lastHidden : depth,
        isActivated,
      };
    });
  },

  isWide: (depth, count) => depth < count - 1,

  words: ({ hidden, residualBlocks }) => `${hidden[0]} in residual blocks (${residualBlocks}),`,
  tuningKey: ({ hidden, residualBlocks }) => `${hidden.join('-')} residual ${residualBlocks}`,
};
