/** Which Markdown of the repository is a page of the site, and where a link in it leads. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root: string = fileURLToPath(new URL('../../../', import.meta.url));

/** Pages stand where they stand in the repository, so that their links hold in both; but for this one, which is the site's first. */
export const HOME = 'docs/index.md';

const PAGES: readonly RegExp[] = [/^README\.md$/, /^docs\/.+\.md$/, /^packages\/[\w-]+\/README\.md$/, /^crates\/[\w-]+\/README\.md$/];

/** Patterns of Markdown that is none. */
export const NO_PAGES: readonly string[] = ['target/**', 'packages/*/{src,test,corpus,dist,node_modules}/**', 'crates/*/{src,tests}/**'];

const SOURCE = 'https://github.com/wasm-revive/wasm-revive';

/** @param path from the repository's root, with slashes */
export function isPage(path: string): boolean {
  return PAGES.some((pattern) => pattern.test(path));
}

/**
 * Where a link leads on the site: to a page, or to the source on the web where it isn't one.
 *
 * @param page the absolute path of the page that the link is on
 * @returns undefined for what is left as it is: other sites, and headings of the page itself
 * @throws when nothing is there
 */
export function target(page: string, href: string): string | undefined {
  if (/^([a-z]+:|#|\/)/i.test(href)) return undefined;
  const [, path = '', hash = ''] = /^([^#]*)(#.*)?$/.exec(href) ?? [];
  const file = resolve(dirname(page), decodeURI(path));
  if (!existsSync(file)) throw new Error(`${relative(root, page)}: the link ${href} leads nowhere.`);
  const isFolder = statSync(file).isDirectory();
  const readme = join(file, 'README.md');
  const name = relative(root, isFolder && existsSync(readme) ? readme : file).replaceAll(sep, '/');
  if (name === HOME) return `/${hash}`;
  if (isPage(name)) return `/${name}${hash}`;
  return `${SOURCE}/${isFolder ? 'tree' : 'blob'}/main/${name}${hash}`;
}

/** A heading's id as GitHub makes it, where the same links have to hold. */
export function headingId(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}
