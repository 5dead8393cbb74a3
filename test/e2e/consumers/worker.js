import { score } from './score.js';

async function answer(url) {
  postMessage(await score(url));
}

addEventListener('message', ({ data }) => void answer(data));
