/** A package that is built anew while a bundler watches is protected anew; webpack and Rspack replace it in the page, and its old instance ends. */
import { EventEmitter, once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { browserBinary, upstreamPackage } from '../../src/drive/paths.ts';
import { GLUE, PluginProject, WASM } from '../../src/drive/plugin-project.ts';
import { inPage, withServer } from '../../src/drive/run-in-browser.ts';
import { WATCHERS } from '../../src/drive/watchers.ts';

const chromium = browserBinary('chromium');

/** Part of what Rust says, in the wasm file alone. */
const [SAYS, SAYS_THEN] = ['the message of ', 'another text of'];

const PROGRAM = `
  import * as pkg from './pkg/${GLUE}';
  const ready = pkg.default();
  const fail = async () => {
    await ready;
    try { pkg.fail('panic-message'); } catch (error) { return error.code + ' ' + error.message; }
  };
  (globalThis.seen ??= []).push({ pkg, fail });
  if (import.meta.webpackHot) {
    import.meta.webpackHot.accept();
    globalThis.update = () => import.meta.webpackHot.check(true);
  }
`;

/** Whether modules are replaced in a page that goes on. */
const REPLACES = ['webpack', 'Rspack'];

describe.skipIf(chromium === undefined)('a package that is built anew', () => {
  it.each(Object.entries(WATCHERS))('is protected anew by %s, also where only its wasm file differs', async (name, watch) => {
    const project = new PluginProject({ pkg: upstreamPackage('abort', 'web') }, PROGRAM);
    const wasm = join(project.dir, 'pkg', WASM);
    const builds = new EventEmitter();
    const first = once(builds, 'built');
    const end = await watch({ program: project.program, out: project.out, at: '/out/' }, () => builds.emit('built'));
    try {
      await first;
      await withServer({ '/out/': project.out }, (address) =>
        inPage('chromium', chromium as string, async (page) => {
          const load = async () => {
            await page.goto(address);
            await page.evaluate(`import('/out/main.js')`);
            await page.waitForFunction('globalThis.seen');
          };
          const says = async () => String(await page.evaluate('seen.at(-1).fail()'));
          /** Changes files, and waits until the page has what comes of it. They come one by one: a build may have seen some of them. */
          const change = async (write: () => void, expected: RegExp) => {
            let built = once(builds, 'built');
            write();
            for (;;) {
              await built;
              built = once(builds, 'built');
              if (REPLACES.includes(name)) await page.evaluate('update()');
              else await load();
              if (expected.test(await says())) return;
            }
          };
          await load();
          expect(await says()).toMatch(/^REVIVE_ABORT .*the message of/);
          await change(() => writeFileSync(wasm, withText(readFileSync(wasm), SAYS, SAYS_THEN)), /^REVIVE_ABORT .*another text of/);
          await change(
            () => cpSync(upstreamPackage('unwind', 'web'), join(project.dir, 'pkg'), { recursive: true }),
            /^REVIVE_PANIC .*the message of/,
          );
          if (!REPLACES.includes(name)) return;
          const states = (await page.evaluate('seen.map(({ pkg }) => pkg.__revive.state)')) as string[];
          expect(states.at(-1)).toBe('running');
          expect(new Set(states.slice(0, -1))).toEqual(new Set(['disposed']));
        }),
      );
    } finally {
      await end();
      project.remove();
    }
  });
});

/** A file with a text in it exchanged for one that is as long. */
function withText(bytes: Buffer, from: string, to: string): Buffer {
  const at = bytes.indexOf(from);
  expect(at).toBeGreaterThan(0);
  bytes.write(to.padEnd(from.length).slice(0, from.length), at);
  return bytes;
}
