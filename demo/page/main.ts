/** Starts the page. */
import { followAnchors } from './anchors.ts';
import { drawArticle } from './article.ts';
import { embedOf, layOut } from './embed.ts';
import { keepOffline } from './offline.ts';
import { Playground } from './playground.ts';
import { fetchPretrained } from './pretrained.ts';

if (window.matchMedia('(max-width: 720px)').matches)
  document.getElementById('model-card')?.removeAttribute('open');
followAnchors();
const embed = embedOf(location.search);
if (embed !== undefined) layOut(embed);
new Playground(await fetchPretrained(), location.hash, embed).start();
if (embed === undefined) keepOffline();
// The article is below the fold, so it can wait for the first picture.
setTimeout(drawArticle);
