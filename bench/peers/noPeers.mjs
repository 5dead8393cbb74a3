/** Replaces page.mjs in a page built without the peers installed. */
export const INSTALLED = false;

export function loadPeer() {
  throw new Error(
    'This page was built without the other libraries. Run "npm ci --prefix bench/peers --ignore-scripts" before building it.',
  );
}
