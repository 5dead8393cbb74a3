/** The demo: static pages that make no requests to other sites. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineConfig } from 'vite';
import type { Plugin, Rollup } from 'vite';
import { shadersWithoutComments } from '../vite.config.ts';

/** The page offers the comparison libraries only if they are installed. */
const peers = `${import.meta.dirname}/../bench/peers`;
const hasPeers = existsSync(`${peers}/node_modules/@jax-js/jax`);

/**
 * What a page loads only when its visitor asks for it goes to a folder of its own: the libraries to compare with and their
 * worker, the twins that a measurement checks the kernels with, the readers of tables, questions of a table, lessons,
 * figures, comparisons, training without a GPU, the article, and the picture of previews.
 */
const ON_REQUEST = [
  'bench/peers/node_modules/',
  'demo/lab/peerWorker.ts',
  'assets/preview.jpg',
  'demo/lessons/',
  'demo/page/article.ts',
  'demo/page/askPanel.ts',
  'demo/page/binaryRecords.ts',
  'demo/page/compare/',
  'demo/page/figure/',
  'demo/page/lesson/',
  'demo/page/reference/',
  'demo/reference/',
  'demo/style/compare.css',
  'demo/style/lesson.css',
  'demo/style/tableDialog.css',
  'demo/page/tableDialog.ts',
  'demo/page/tableWorker.ts',
  'demo/engine/oddRows.ts',
  'src/measure/verify.ts',
  'src/reference/',
  'node_modules/hyparquet',
];
/** The playground's modules, without those that load on request or that the lab has too. */
const PAGE =
  /demo\/(?:page\/(?!a(?:nswerView|rticle|skPanel)|compare\/|lesson|reference\/|figure\/|dom|main|styleSheet|tableDialog)|engine\/|\w+\.ts)|src\/(?:presets|data\/toy|training|calls|random|model\/)/;
const folderOf = (files: readonly string[]): string =>
  files.some((file) => ON_REQUEST.some((part) => file.includes(part))) ? 'assets/onRequest' : 'assets';
const inFolders: Rollup.OutputOptions = {
  chunkFileNames: ({ moduleIds }) => `${folderOf(moduleIds)}/[name]-[hash].js`,
  assetFileNames: ({ originalFileNames }) => `${folderOf(originalFileNames)}/[name]-[hash][extname]`,
};

const htmlWithoutIndents: Plugin = {
  name: 'html-without-indents',
  transformIndexHtml: (html) => html.replace(/\n\s+/g, '\n'),
};

/** Previews of links need the picture's whole address: `SITE_URL` is the folder of the pages. */
const previews: Plugin = {
  name: 'previews',
  enforce: 'post',
  generateBundle(_, files) {
    const page = files['index.html'];
    if (page?.type !== 'asset') return;
    const site = process.env['SITE_URL'] ?? './';
    page.source = page.source.toString().replace(/(property="og:image" content=")\.\//, `$1${site}`);
  },
};

/** The bundler would put an empty module in its place, which fails when it is used. */
const withoutNode: Plugin = {
  name: 'without-node',
  enforce: 'pre',
  resolveId(id, importer) {
    if (id.startsWith('node:')) this.error(`No page has ${id}, which ${importer} imports.`);
  },
};

/** The service worker with the names of all files, and a version that changes with any of them. */
const offline: Plugin = {
  name: 'offline',
  apply: 'build',
  writeBundle({ dir = '' }) {
    const files = readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    const hash = createHash('sha256');
    for (const file of files) hash.update(file).update(readFileSync(file));
    const needed = files.filter((file) => !file.endsWith('.jpg'));
    const names = ['./', ...needed.map((file) => relative(dir, file))];
    const constants = `const VERSION = 'wgflow-${hash.digest('hex').slice(0, 12)}';\nconst FILES = ${JSON.stringify(names)};\n`;
    const worker = readFileSync(`${import.meta.dirname}/offlineWorker.js`, 'utf8');
    writeFileSync(join(dir, 'offline.js'), constants + worker.replaceAll(/\/\*.*\*\/\n|^ +/gm, ''));
  },
};

const pages = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.html'));

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  resolve: {
    alias: [
      // The package's main entry needs Node's streams.
      { find: /^csv-parse$/, replacement: 'csv-parse/browser/esm/sync' },
      { find: /^\.\/shaderFiles\.ts$/, replacement: `${import.meta.dirname}/shaderFiles.ts` },
      { find: '#peers', replacement: `${peers}/${hasPeers ? 'page' : 'noPeers'}.mjs` },
    ],
  },
  plugins: [shadersWithoutComments, htmlWithoutIndents, previews, withoutNode, offline],
  worker: {
    format: 'es',
    plugins: () => [shadersWithoutComments, withoutNode],
    rollupOptions: { output: inFolders },
  },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // The pages' policy forbids fetching a file that was inlined as a data: URL.
    assetsInlineLimit: 0,
    rollupOptions: {
      input: pages,
      output: {
        ...inFolders,
        // Otherwise each set of modules that loads on request would share a chunk of its own with the page.
        codeSplitting: { groups: [{ name: 'page', test: PAGE, includeDependenciesRecursively: false }] },
      },
      preserveEntrySignatures: false,
    },
  },
});
