/** A residual net: a sum that starts as the first layer's outputs, to which each block of two layers adds a term. */
import type { Net } from './net.ts';

export const residual: Net = {
  innerWidths: ({ hidden: [width = 0], residualBlocks = 0 }) =>
    Array.from({ length: 1 + 2 * residualBlocks }, () => width),

  routes: (layers) => {
    const lastHidden = layers.length - 2;
    return layers.map((layer, depth) => {
      const isLast = depth > lastHidden;
      // The first layer, and the second one of each block.
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

  words: ({ hidden, residualBlocks }) => `${hidden[0]} in residual blocks (${residualBlocks}),`,
  tuningKey: ({ hidden, residualBlocks }) => `${hidden.join('-')} residual ${residualBlocks}`,
};
