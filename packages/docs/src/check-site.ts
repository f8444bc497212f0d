/** What VitePress doesn't check of a site that it has built: headings that links name, and that a page loads nothing from elsewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @returns one sentence a problem */
export function problemsOf(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const pages = files.filter((name) => name.endsWith('.html'));
  return [
    ...pages.flatMap((name) => headings(folder, name)),
    ...files.filter((name) => /\.(html|css)$/.test(name)).flatMap((name) => loads(name, readFileSync(join(folder, name), 'utf8'))),
  ];
}

/** Links to headings that aren't there. */
function headings(folder: string, page: string): string[] {
  const links = [...readFileSync(join(folder, page), 'utf8').matchAll(/<a[^>]* href="(\/[^"#]*)?#([^"]+)"/g)];
  return links.flatMap(([, path, id = '']) => {
    const file =
      path === undefined
        ? join(folder, page)
        : [`${path}.html`, join(path, 'index.html')].map((name) => join(folder, name)).find(existsSync);
    if (file === undefined) return [`${page}: the page ${path} is missing.`];
    // The theme's own jump over the navigation has no such element before the page is alive.
    if (id === 'VPContent' || readFileSync(file, 'utf8').includes(` id="${decodeURIComponent(id)}"`)) return [];
    return [`${page}: ${path ?? 'the page'} has no heading #${id}.`];
  });
}

/** What is loaded from elsewhere when a page is looked at. */
function loads(name: string, text: string): string[] {
  const found = [
    ...text.matchAll(
      /(?:<(?:script|img|iframe|source)\b[^>]*\bsrc=|<link\b[^>]*\bhref=|@import (?:url\()?|url\()["']?((?:https?:)?\/\/[^"') >]+)/g,
    ),
  ];
  return found.map(([, url]) => `${name} loads ${url} when it is looked at.`);
}
