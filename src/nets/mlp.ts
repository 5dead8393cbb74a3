/** A multilayer perceptron: every hidden layer is followed by an activation. */
import type { Net } from './net.ts';

export const mlp: Net = {
  innerWidths: ({ hidden }) => [...hidden],

  routes: (layers) =>
    layers.map((layer, depth) => {
      const isLast = depth === layers.length - 1;
      return {
        layer,
        depth,
        isFirst: depth === 0,
        isLast,
        isTerm: false,
        place: depth,
        isActivated: !isLast,
      };
    }),

  isWide: (depth, count) => depth === 0 || depth === count - 1,

  words: ({ hidden }) => hidden.join('-'),
  tuningKey: ({ hidden }) => hidden.join('-'),
};
