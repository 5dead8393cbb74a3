/** Stands for page.mjs in a page that was built where the peers are not installed. */
export const INSTALLED = false;

export function loadPeer() {
  throw new Error(
    'This page was built without the other libraries. Run "npm ci --prefix bench/peers --ignore-scripts" before building it.',
  );
}
