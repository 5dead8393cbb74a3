/** The same in a worker, in the form that bundlers recognise. */
globalThis.result = new Promise((resolve, reject) => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }) => resolve(data));
  worker.addEventListener('error', ({ message }) => reject(new Error(message)));
  worker.postMessage(new URL('./model.safetensors', location.href).href, []);
});
