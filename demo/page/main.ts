/** Starts the page. */
import { followAnchors } from './anchors.ts';
import { drawArticle } from './article.ts';
import { Playground } from './playground.ts';
import { fetchPretrained } from './pretrained.ts';

if (window.matchMedia('(max-width: 720px)').matches)
  document.getElementById('model-card')?.removeAttribute('open');
followAnchors();
new Playground(await fetchPretrained(), location.hash).start();
// The article is below the fold, so it can wait for the first picture.
setTimeout(drawArticle);
