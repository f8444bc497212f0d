/**
 * What the bundler plugins protect recovers in browsers, with no file of it changed: a project's own output of wasm-bindgen, and packages in
 * node_modules by their names. Each bundler builds a small program, which is then run in each browser.
 */
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUNDLERS, type Said } from '../../src/drive/bundlers.ts';
import { browserBinary, upstreamPackage } from '../../src/drive/paths.ts';
import { GLUE, PluginProject, WASM } from '../../src/drive/plugin-project.ts';
import { evaluateInBrowser } from '../../src/drive/run-in-browser.ts';

const BROWSERS = ['chromium', 'firefox', 'webkit'] as const;

const WEB = upstreamPackage('abort', 'web');

/** A program that fails in each package that it uses, and goes on. @param packages what it imports, and how it initialises that */
function programFor(packages: Readonly<Record<string, string>>): string {
  const names = Object.keys(packages).map((_, n) => `pkg${n}`);
  return `
  ${Object.keys(packages)
    .map((from, n) => `import * as pkg${n} from '${from}';`)
    .join('\n')}
  async function run() {
    ${Object.values(packages)
      .map((init, n) => init.replaceAll('pkg', `pkg${n}`))
      .join('\n')}
    const seen = [];
    for (const pkg of [${names.join(', ')}]) {
      try { pkg.fail('abort'); } catch (error) { seen.push(error.code ?? error.name); }
      seen.push(pkg.add(1, 2), pkg['__revive']?.generation ?? 'plain');
    }
    return seen;
  }
  globalThis.outcome = run().catch((error) => String(error.stack));
`;
}

const RECOVERED = ['REVIVE_ABORT', 3, 2];

/** A program for each target, and what it comes to. */
const PROGRAMS = {
  web: {
    packages: { 'own/output': WEB, 'node_modules/some-fixtures': WEB, 'node_modules/@other/fixtures': WEB },
    code: programFor({
      // Programs may say themselves where the file is.
      [`./own/output/${GLUE}`]: `await pkg.default({ module_or_path: new URL('./own/output/${WASM}', import.meta.url) });`,
      'some-fixtures': 'await pkg.default();',
      '@other/fixtures': 'await pkg.default();',
    }),
    plugin: { packages: ['some-fixtures'] },
    comesTo: [...RECOVERED, ...RECOVERED, 'RuntimeError', 3, 'plain'],
  },
  bundler: {
    packages: { 'own/output': upstreamPackage('abort', 'bundler') },
    code: programFor({ [`./own/output/${GLUE}`]: '' }),
    plugin: {},
    comesTo: RECOVERED,
  },
} as const;

const cases = Object.entries(PROGRAMS).flatMap(([target, program]) =>
  Object.entries(BUNDLERS).map(([name, bundle]) => ({ name, target, bundle, ...program, at: `/${name}-${target}/` })),
);

interface Built {
  readonly project: PluginProject;
  readonly said: Said;
  /** The packages before and after. */
  readonly packages: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>];
}

describe('packages that the plugin protects', () => {
  const built = new Map<string, Built>();

  beforeAll(async () => {
    for (const { target, bundle, packages, code, plugin, at } of cases) {
      const project = new PluginProject(packages, code);
      const content = () => Object.assign({}, ...Object.keys(packages).map((folder) => project.contentOf(folder)));
      const before = content();
      const bundling = { program: project.program, out: project.out, at, plugin: { root: project.dir, ...plugin } };
      const said = await bundle(bundling).catch((error: unknown) => ({ warnings: [], errors: [String(error)] }));
      built.set(at, { project, said, packages: [before, content()] });
      // The plain package's file: where a bundler doesn't take it along, it has to be put there.
      if (target === 'web') cpSync(join(WEB, WASM), join(project.out, WASM));
    }
  }, 120_000);
  afterAll(() => {
    for (const { project } of built.values()) project.remove();
  });

  it.each(cases)('are bundled by $name, target $target, without an error, a warning or a changed file', ({ at }) => {
    const { said, project, packages } = built.get(at) as Built;
    // esbuild warns of what wasm-bindgen itself has written.
    const warnings = said.warnings.filter((text) => !text.startsWith('Duplicate key'));
    expect({ ...said, warnings }).toEqual({ warnings: [], errors: [] });
    expect(packages[1]).toEqual(packages[0]);
    expect(existsSync(join(project.dir, 'node_modules/.cache/wasm-revive'))).toBe(true);
  });

  it.each(['webpack', 'Rspack'])('have their wasm file shipped once by %s, which takes it along for its import and for its URL', (name) => {
    const { project } = built.get(`/${name}-bundler/`) as Built;
    expect(readdirSync(project.out).filter((file) => file.endsWith('.wasm'))).toHaveLength(1);
  });

  describe.each(BROWSERS)('in %s', (browser) => {
    const binary = browserBinary(browser);
    let outcomes: Readonly<Record<string, unknown>> = {};

    beforeAll(async () => {
      if (binary === undefined) return;
      const folders = Object.fromEntries([...built].map(([at, { project }]) => [at, project.out]));
      // webpack and Rspack evaluate what awaits after the script has been loaded.
      const run = `(async () => {
        const outcomes = {};
        for (const at of ${JSON.stringify([...built.keys()])}) {
          globalThis.outcome = undefined;
          try {
            await import(at + 'main.js');
            for (let wait = 0; globalThis.outcome === undefined && wait < 500; wait++) await new Promise((resolve) => setTimeout(resolve, 20));
            outcomes[at] = (await globalThis.outcome) ?? 'nothing';
          } catch (error) { outcomes[at] = String(error); }
        }
        return outcomes;
      })()`;
      outcomes = JSON.parse(await evaluateInBrowser(browser, binary, folders, run)) as typeof outcomes;
    }, 120_000);

    it.skipIf(binary === undefined).each(cases)('recover as $name has bundled them for the target $target', ({ at, comesTo }) => {
      expect(outcomes[at]).toEqual(comesTo);
    });
  });
});
