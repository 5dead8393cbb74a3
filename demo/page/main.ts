/** Starts the page. */
import { drawArticle } from './article.ts';
import { Playground } from './playground.ts';
import { Pretrained } from './pretrained.ts';

if (window.matchMedia('(max-width: 720px)').matches)
  document.getElementById('model-card')?.removeAttribute('open');
const pretrained = await Pretrained.fetch();
new Playground(pretrained).start(location.hash);
// The article is below the fold: it can wait for the first picture.
setTimeout(drawArticle);
