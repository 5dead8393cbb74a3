/** The site of documentation, `npm run docs`: the pages of docs/ and the reference of the package's entries. */
import { katex } from '@mdit/plugin-katex';
import { Converter } from 'typedoc';

/** In the order of the sidebar. */
const pages = [
  'start',
  'cookbook',
  'learning',
  'library',
  'command-line',
  'choosing-a-flow',
  'images',
  'clusters',
  'onnx',
  'pytorch',
  'model-file',
  'architecture',
  'derivations',
  'adding-a-kernel',
  'performance',
  'accuracy',
];

/** A page is called what its first heading says. */
function titlesFromHeadings(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
    const [first] = page.content;
    const heading = /^# (.+)\n/.exec(first?.kind === 'text' ? first.text : '');
    if (heading === null) return;
    page.name = heading[1];
    first.text = first.text.slice(heading[0].length);
  });
}

/** The page's own title stands above the README. */
function readmeWithoutHeading(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project: { readme } }) => {
    const [first] = readme ?? [];
    if (first?.kind === 'text') first.text = first.text.replace(/^# .+\n/, '');
  });
}

/** typedoc counts the field of a schema twice, once as what goes in and once as what comes out. */
function fieldsOfSchemas(app) {
  const log = app.logger.log.bind(app.logger);
  app.logger.log = (message, level) => {
    if (!/has multiple declarations with a comment|comments for \w+ are declared at/.test(message))
      log(message, level);
  };
}

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'wgflow',
  entryPoints: [
    'src/index.ts',
    'src/node.ts',
    'src/table.ts',
    'src/ensemble.ts',
    'src/onnx/index.ts',
    'src/pytorch.ts',
    'src/reference/index.ts',
    'src/measure/index.ts',
  ],
  tsconfig: 'tsconfig.types.json',
  out: 'site',
  readme: 'README.md',
  projectDocuments: [...pages.map((page) => `docs/${page}.md`), 'examples/README.md', 'CONTRIBUTING.md'],
  plugin: [titlesFromHeadings, readmeWithoutHeading, fieldsOfSchemas],
  excludePrivate: true,
  excludeInternal: true,
  gitRevision: 'main',
  disableSources: true,
  // `npm run typecheck` does that.
  skipErrorChecking: true,
  preservedTypeAnnotationTags: ['@throws'],
  highlightLanguages: ['bash', 'html', 'javascript', 'json', 'python', 'typescript', 'wgsl', 'yaml'],
  markdownItLoader: (parser) => parser.use(katex, { output: 'mathml', mathFence: true }),
  // Types of the inside appear by their names.
  validation: { invalidLink: true, invalidPath: true, notExported: false, rewrittenLink: true },
  treatWarningsAsErrors: true,
};
