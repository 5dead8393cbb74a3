import { score } from './score.js';

globalThis.result = score(new URL('./model.safetensors', location.href));
