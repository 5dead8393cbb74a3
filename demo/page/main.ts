/** Starts the page. */
import { followAnchors } from './anchors.ts';
import { byId } from './dom.ts';
import { embedOf, layOut } from './embed.ts';
import { keepOffline } from './offline.ts';
import { Playground } from './playground.ts';
import { fetchPretrained } from './pretrained.ts';

const query = new URLSearchParams(location.search);
const lesson = query.get('lesson');

/** The article's figures are below the fold, and load when the visitor comes near them. */
function drawArticleInSight(): void {
  const onlooker = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      onlooker.disconnect();
      void import('./article.ts').then(({ drawArticle }) => drawArticle());
    },
    { rootMargin: '600px' },
  );
  onlooker.observe(byId('article', HTMLElement));
}

async function open(): Promise<void> {
  if (window.matchMedia('(max-width: 720px)').matches)
    document.getElementById('model-card')?.removeAttribute('open');
  followAnchors();
  const embed = embedOf(location.search);
  if (embed !== undefined) layOut(embed);
  // A page of this site moves this one.
  const isGuided = embed !== undefined && query.has('guided');
  const playground = new Playground(
    await fetchPretrained(),
    location.hash,
    embed,
    lesson !== null || isGuided,
  );
  playground.start();
  if (embed === undefined) keepOffline();
  if (isGuided) (await import('./compare/guided.ts')).obeyParent(playground.guide);
  if (lesson !== null) await (await import('./lesson/start.ts')).startLesson(playground.guide, lesson);
  drawArticleInSight();
}

/** Without `await` at the top level: what loads on request may import from this module's chunk. */
async function start(): Promise<void> {
  if (lesson !== null && query.has('sheet')) await (await import('./lesson/sheet.ts')).showSheet(lesson);
  else if (query.has('compare')) await (await import('./compare/show.ts')).showComparison();
  else await open();
}

void start();
