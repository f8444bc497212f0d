/** Vite's development server with the plugin: what it serves recovers, a rebuilt package is served anew, and what it replaces in a page ends its instance. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createServer, type ViteDevServer } from 'vite';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmRevive } from 'wasm-revive/vite';
import { browserBinary, upstreamPackage } from '../../src/drive/paths.ts';
import { GLUE, PluginProject } from '../../src/drive/plugin-project.ts';
import { inPage } from '../../src/drive/run-in-browser.ts';

const chromium = browserBinary('chromium');

/** Runs what has to be ended, the last first. */
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function serve(project: PluginProject, packages: readonly string[] = []): Promise<{ server: ViteDevServer; url: string }> {
  const server = await createServer({
    root: project.dir,
    configFile: false,
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: 0, watch: { useFsEvents: false } },
    plugins: [wasmRevive({ packages })],
  });
  await server.listen();
  endings.push(() => server.close());
  return { server, url: server.resolvedUrls?.local[0] ?? '' };
}

function projectOf(packages: Readonly<Record<string, string>>, code: string): PluginProject {
  const project = new PluginProject(packages, code);
  endings.push(() => project.remove());
  project.write('index.html', '<!doctype html><title>program</title><script type="module" src="/program.js"></script>');
  return project;
}

describe.skipIf(chromium === undefined)('in a page of the development server', () => {
  it('own output and packages in node_modules recover, for the targets web and bundler', async () => {
    const project = projectOf(
      {
        web: upstreamPackage('abort', 'web'),
        bundler: upstreamPackage('abort', 'bundler'),
        'node_modules/some-fixtures': upstreamPackage('abort', 'web'),
        'node_modules/other-fixtures': upstreamPackage('abort', 'bundler'),
      },
      `
      import * as web from './web/${GLUE}';
      import * as bundler from './bundler/${GLUE}';
      import * as dependency from 'some-fixtures';
      import * as other from 'other-fixtures';
      globalThis.outcome = (async () => {
        await web.default();
        await dependency.default();
        const seen = [];
        for (const pkg of [web, bundler, dependency, other]) {
          try { pkg.fail('abort'); } catch (error) { seen.push(error.code); }
          seen.push(pkg.add(1, 2), pkg.__revive.generation);
        }
        return seen;
      })();`,
    );
    const { url } = await serve(project, ['some-fixtures', 'other-fixtures']);
    const outcome = await inPage('chromium', chromium as string, async (page) => {
      await page.goto(url);
      await page.waitForFunction('globalThis.outcome');
      return page.evaluate('globalThis.outcome');
    });
    expect(outcome).toEqual([0, 1, 2, 3].flatMap(() => ['REVIVE_ABORT', 3, 2]));
  });

  it.each(['web', 'bundler'] as const)(
    'a package of the target %s that is built anew is replaced, and the instance of the old one ends',
    async (target) => {
      const project = projectOf(
        { pkg: upstreamPackage('abort', target) },
        `
      import * as pkg from './pkg/${GLUE}';
      if ('default' in pkg) await pkg.default();
      globalThis.seen ??= [];
      globalThis.seen.push({ pkg });
      if (import.meta.hot) import.meta.hot.accept();`,
      );
      const { url } = await serve(project);
      const outcome = await inPage('chromium', chromium as string, async (page) => {
        await page.goto(url);
        await page.waitForFunction('globalThis.seen?.length === 1');
        const before = await page.evaluate('seen[0].pkg.__revive.state');
        cpSync(upstreamPackage('unwind', target), join(project.dir, 'pkg'), { recursive: true });
        await page.waitForFunction('globalThis.seen.length > 1 && seen[0].pkg.__revive.state === "disposed"');
        return [
          before,
          await page.evaluate(
            '[seen.at(-1).pkg.__revive.state, seen.at(-1).pkg.add(1, 2), (() => { try { seen.at(-1).pkg.fail("panic-index"); } catch (error) { return error.code; } })()]',
          ),
        ];
      });
      expect(outcome).toEqual(['running', ['running', 3, 'REVIVE_PANIC']]);
    },
  );
});
