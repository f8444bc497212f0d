/** A package that is built anew while a bundler watches is protected anew; webpack and Rspack replace it in the page, and its old instance ends. */
import { EventEmitter, once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { browserBinary, upstreamPackage } from '../../src/drive/paths.ts';
import { GLUE, PluginProject } from '../../src/drive/plugin-project.ts';
import { inPage, withServer } from '../../src/drive/run-in-browser.ts';
import { WATCHERS } from '../../src/drive/watchers.ts';

const chromium = browserBinary('chromium');

const PROGRAM = `
  import * as pkg from './pkg/${GLUE}';
  const ready = pkg.default();
  const fail = async () => {
    await ready;
    try { pkg.fail('panic-index'); } catch (error) { return error.code; }
  };
  (globalThis.seen ??= []).push({ pkg, fail });
  if (import.meta.webpackHot) {
    import.meta.webpackHot.accept();
    globalThis.update = () => import.meta.webpackHot.check(true);
  }
`;

describe.skipIf(chromium === undefined)('a package that is built anew under panic=unwind', () => {
  it.each(Object.entries(WATCHERS))('is protected anew by %s', async (name, watch) => {
    const project = new PluginProject({ pkg: upstreamPackage('abort', 'web') }, PROGRAM);
    const builds = new EventEmitter();
    const first = once(builds, 'built');
    const end = await watch({ program: project.program, out: project.out, at: '/out/' }, () => builds.emit('built'));
    try {
      await first;
      const outcome = await withServer({ '/out/': project.out }, (address) =>
        inPage('chromium', chromium as string, async (page) => {
          const load = async () => {
            await page.goto(address);
            await page.evaluate(`import('/out/main.js')`);
            await page.waitForFunction('globalThis.seen');
          };
          await load();
          const replaces = (await page.evaluate('globalThis.update !== undefined')) as boolean;
          const before = await page.evaluate('seen[0].fail()');
          let built = once(builds, 'built');
          cpSync(upstreamPackage('unwind', 'web'), join(project.dir, 'pkg'), { recursive: true });
          // The files come one by one: a build may have seen some of them.
          for (let after: unknown; ; built = once(builds, 'built')) {
            await built;
            if (replaces) await page.evaluate('update()');
            else await load();
            after = await page.evaluate('seen.at(-1).fail()');
            if (after === 'REVIVE_PANIC')
              return { before, after, old: replaces ? await page.evaluate('seen[0].pkg.__revive.state') : 'gone' };
          }
        }),
      );
      const isReplaced = name === 'webpack' || name === 'Rspack';
      expect(outcome).toEqual({ before: 'REVIVE_ABORT', after: 'REVIVE_PANIC', old: isReplaced ? 'disposed' : 'gone' });
    } finally {
      await end();
      project.remove();
    }
  });
});
