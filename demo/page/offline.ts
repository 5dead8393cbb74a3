/** Lets the page work without a network, once it has been loaded. */
export function keepOffline(): void {
  if (window.top !== window || !('serviceWorker' in navigator)) return;
  // The first visit comes first. A browser that refuses leaves the page as it is.
  setTimeout(() => void navigator.serviceWorker.register('./offline.js').catch(() => undefined), 1500);
}
