/** The site: the repository's own Markdown, with what a reader looks for on the left. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { problemsOf } from '../src/check-site.ts';
import { drawDiagram } from '../src/diagrams.ts';
import { HOME, headingId, NO_PAGES, root, target } from '../src/pages.ts';

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });
const readme = (name: string, text = name): DefaultTheme.SidebarItem => page(text, `/packages/${name}/README`);

const sidebar: DefaultTheme.SidebarItem[] = [
  {
    text: 'Guide',
    items: [
      page('Start in a minute', '/docs/guide/start'),
      page('Choose a recovery', '/docs/guide/recovery'),
      page('Targets and bundlers', '/docs/guide/bundlers'),
      page('Pick single packages', '/docs/guide/packages'),
      page('When something fails', '/docs/guide/failures'),
      page('How it works', '/docs/guide/how-it-works'),
      page('What it costs', '/docs/guide/what-it-costs'),
    ],
  },
  {
    text: 'Packages',
    collapsed: true,
    items: [
      readme('wasm-revive'),
      readme('unwind-catcher'),
      readme('abort-detector'),
      readme('reinit-manager'),
      readme('entrypoint-shim'),
      readme('unplugin'),
      readme('workers'),
      readme('symbolicate'),
      readme('timeline'),
      readme('opentelemetry'),
      readme('bindgen'),
      readme('kernel'),
    ],
  },
  {
    text: 'Error codes',
    collapsed: true,
    link: '/docs/errors/',
    items: markdownIn('docs/errors').map((name) => page(name.replace('REVIVE_', ''), `/docs/errors/${name}`)),
  },
  { text: 'Architecture', link: '/docs/architecture' },
  {
    text: 'What goes upstream',
    collapsed: true,
    link: '/docs/upstream/README',
    items: markdownIn('docs/upstream').map((name) => page(name.slice(0, 3).toUpperCase(), `/docs/upstream/${name}`)),
  },
];

export default defineConfig({
  title: 'wasm-revive',
  description: 'Rust in WebAssembly that survives its own panics and aborts.',
  srcDir: '../..',
  srcExclude: [...NO_PAGES],
  outDir: './dist',
  cacheDir: './node_modules/.vitepress',
  rewrites: { [HOME]: 'index.md' },
  cleanUrls: true,
  buildEnd({ outDir }) {
    const problems = problemsOf(outDir);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  },
  markdown: {
    languageAlias: { 'rust,ignore': 'rust' },
    anchor: { slugify: headingId },
    config(md) {
      md.core.ruler.push('links-of-the-repository', ({ tokens, env }) => {
        for (const token of tokens.flatMap((block) => block.children ?? [])) {
          if (token.type !== 'link_open') continue;
          const there = target(env.path, token.attrGet('href') ?? '');
          if (there !== undefined) token.attrSet('href', there);
        }
      });
      const fence = md.renderer.rules.fence;
      md.renderer.rules.fence = (tokens, index, options, env, self) => {
        const token = tokens[index];
        if (token?.info.trim() === 'mermaid') return drawDiagram(token.content);
        return fence?.(tokens, index, options, env, self) ?? '';
      };
    },
  },
  themeConfig: {
    nav: [
      page('Guide', '/docs/guide/start'),
      page('Error codes', '/docs/errors/'),
      page('Compared', '/README#compared'),
    ] as DefaultTheme.NavItem[],
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
  },
});

/** The names of the pages in a folder, without its first one. */
function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md') && !['index.md', 'README.md'].includes(name))
    .map((name) => name.slice(0, -3))
    .sort();
}
