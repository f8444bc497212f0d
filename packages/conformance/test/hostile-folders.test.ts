/**
 * Folders that nobody checked before: published packages, links, named pipes, files of the user's own where ours go. A package is refused in
 * words with everything as it was, or it is transformed and works; and nothing outside of it ever changes.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { TransformError } from '@wasm-revive/bindgen';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { exactTree, runCli, testFolders } from '../src/drive/folders.ts';
import { programs, RUNNING_NODE, upstreamPackage } from '../src/drive/paths.ts';
import { runProgram } from '../src/drive/run-in-node.ts';

const folders = testFolders();
const NAME = 'wasm_revive_fixtures';
const STAGING = 'wasm-revive-staging';
const MARK = 'made-by-wasm-revive.txt';

/** A package, and beside it a folder that is not to be touched. */
function place(): { dir: string; outside: string; parent: string } {
  const dir = folders.copyOf(upstreamPackage('abort', 'nodejs'));
  const outside = join(dirname(dir), 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'victim'), 'not to be touched');
  return { dir, outside, parent: dirname(dir) };
}

/** What is wrong with each of these packages; null for those that load and work. */
async function wrongWith(dirs: readonly string[]): Promise<unknown> {
  const { stdout, ended } = await runProgram(RUNNING_NODE.binary, [join(programs, 'load-child.js'), 'nodejs', ...dirs]);
  expect(ended).toBeUndefined();
  return JSON.parse(stdout);
}

/** That a run is refused with a code and everything around is as before. */
function expectRefused(around: string, options: { dir: string; outDir?: string }, code: string | RegExp): void {
  const before = exactTree(around);
  let error: unknown;
  try {
    transform(options);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(TransformError);
  const { code: found, message } = error as TransformError;
  expect(found).toMatch(code);
  expect(found, message).not.toBe('REVIVE_FAULT');
  expect(message, 'one line, no control characters').not.toMatch(/\p{Cc}/u);
  expect(exactTree(around)).toEqual(before);
}

/** Writes a staging folder as an interrupted run would have left it, with a list of somebody else's. */
function forgeStaging(dir: string, list: unknown, marked: boolean): void {
  mkdirSync(join(dir, STAGING));
  if (marked) writeFileSync(join(dir, STAGING, MARK), '');
  writeFileSync(join(dir, STAGING, '0'), 'forged');
  writeFileSync(join(dir, STAGING, 'staged.json'), typeof list === 'string' ? list : JSON.stringify(list));
}

describe('a package that brings its own staging folder', () => {
  const hash = 'd3a8a0b0';
  const moveTo = (file: string) => ({ moves: [{ file, staged: '0', hash }], before: {} });

  it.each([
    ['up and out', moveTo('../outside/victim')],
    ['through the middle', moveTo('snippets/../../outside/victim')],
    ['an absolute path', moveTo('/tmp/wasm-revive-hostile-victim')],
    ['behind a link', moveTo('link/victim')],
    ['what is staged is elsewhere', { moves: [{ file: 'x', staged: '../../outside/victim', hash }], before: {} }],
    ['a path with NUL', moveTo('a\0b')],
    ['what is looked at is elsewhere', { moves: [], before: { '../outside/victim': null } }],
    ['no JSON', '{"moves": ['],
    ['no list', 'null'],
    ['other types', { moves: { length: 1 }, before: 3 }],
    ['entries of other types', { moves: [null, 3, { file: 1 }], before: {} }],
    ['nested deeply', '['.repeat(200_000)],
  ])('%s: it is refused, and nothing changes', (_what, list) => {
    for (const marked of [false, true]) {
      const { dir, outside, parent } = place();
      symlinkSync(outside, join(dir, 'link'));
      forgeStaging(dir, list, marked);
      expectRefused(parent, { dir }, /^REVIVE_BAD_(STAGING|OUTPUT)$/);
      expectRefused(parent, { dir, outDir: join(parent, 'out') }, /^REVIVE_BAD_(STAGING|OUTPUT)$/);
    }
  });

  it('links in the place of its parts: they are not followed', () => {
    for (const part of ['', 'staged.json', 'package', MARK]) {
      const { dir, outside, parent } = place();
      if (part !== '') {
        mkdirSync(join(dir, STAGING));
        if (part !== MARK) writeFileSync(join(dir, STAGING, MARK), '');
      }
      symlinkSync(part === '' || part === 'package' ? outside : join(outside, 'victim'), join(dir, STAGING, part).replace(/\/$/, ''));
      expectRefused(parent, { dir }, 'REVIVE_BAD_STAGING');
    }
  });
});

describe("the user's own files where ours go", () => {
  it('a folder of the name of the staging folder is refused, and named', () => {
    const { dir, parent } = place();
    mkdirSync(join(dir, STAGING));
    writeFileSync(join(dir, STAGING, 'thesis.txt'), 'mine');
    expectRefused(parent, { dir }, 'REVIVE_BAD_STAGING');
    expectRefused(parent, { dir, outDir: join(parent, 'out') }, 'REVIVE_BAD_STAGING');
  });

  it('the same beside an output folder', () => {
    const { dir, parent } = place();
    mkdirSync(join(parent, `out.${STAGING}`));
    writeFileSync(join(parent, `out.${STAGING}`, 'thesis.txt'), 'mine');
    expectRefused(parent, { dir, outDir: join(parent, 'out') }, 'REVIVE_BAD_STAGING');
  });

  it('a link of the name of a probe is not written through', () => {
    const { dir, outside } = place();
    symlinkSync(join(outside, 'victim'), join(dir, `${STAGING}-probe`));
    transform({ dir });
    expect(readFileSync(join(outside, 'victim'), 'utf8')).toBe('not to be touched');
    expect(lstatSync(join(dir, `${STAGING}-probe`)).isSymbolicLink()).toBe(true);
  });

  it('an output folder that holds anything else is refused', () => {
    const { dir, parent, outside } = place();
    expectRefused(parent, { dir, outDir: outside }, 'REVIVE_BAD_OUTPUT');
    writeFileSync(join(outside, `${NAME}.js`), '// mine');
    writeFileSync(join(outside, `${NAME}_bg.wasm`), 'mine');
    expectRefused(parent, { dir, outDir: outside }, 'REVIVE_BAD_OUTPUT');
  });
});

describe('links', () => {
  it('a package behind a link, written elsewhere: real files, and the original as it was', async () => {
    const { dir, parent } = place();
    const [linked, out] = [join(parent, 'linked'), join(parent, 'out')];
    symlinkSync(dir, linked);
    symlinkSync(join(dir, 'package.json'), join(dir, 'link.json'));
    const before = exactTree(dir);
    transform({ dir: linked, outDir: out });
    expect(exactTree(dir)).toEqual(before);
    expect(lstatSync(out).isDirectory()).toBe(true);
    expect(Object.values(exactTree(out)).filter((what) => what.includes('link to'))).toEqual([]);
    expect(await wrongWith([out])).toEqual([null]);
  });

  it('a package behind a link, in place: what the link leads to is transformed, and the link stays', async () => {
    const { dir, parent } = place();
    symlinkSync(dir, join(parent, 'linked'));
    transform({ dir: join(parent, 'linked') });
    expect(lstatSync(join(parent, 'linked')).isSymbolicLink()).toBe(true);
    expect(await wrongWith([dir])).toEqual([null]);
  });

  it("files that are links or hard links, as pnpm's are: in place, the store keeps what it has", async () => {
    const { dir, parent } = place();
    const store = join(parent, 'store');
    mkdirSync(store);
    for (const [index, file] of readdirSync(dir).entries()) {
      if (!lstatSync(join(dir, file)).isFile()) continue;
      renameSync(join(dir, file), join(store, file));
      if (index % 2 === 0) linkSync(join(store, file), join(dir, file));
      else symlinkSync(join(store, file), join(dir, file));
    }
    const before = exactTree(store);
    transform({ dir });
    expect(exactTree(store)).toEqual(before);
    expect(await wrongWith([dir])).toEqual([null]);
  });

  it('an output folder with links in it: none is written behind', async () => {
    const { dir, parent, outside } = place();
    const out = join(parent, 'out');
    transform({ dir: upstreamPackage('unwind', 'nodejs'), outDir: out });
    renameSync(join(out, `${NAME}.js`), join(outside, 'victim.js'));
    symlinkSync(join(outside, 'victim.js'), join(out, `${NAME}.js`));
    const before = exactTree(outside);
    transform({ dir, outDir: out });
    expect(exactTree(outside)).toEqual(before);
    expect(await wrongWith([out])).toEqual([null]);
    const snippets = readdirSync(out).find((name) => name === 'snippets') ?? 'snippets';
    rmSync(join(out, snippets), { recursive: true, force: true });
    symlinkSync(outside, join(out, snippets));
    expectRefused(parent, { dir, outDir: out }, 'REVIVE_BAD_OUTPUT');
  });

  it.each(['inside', 'around'])('an output folder that is %s by way of a link is refused', (where) => {
    const { dir, parent } = place();
    symlinkSync(where === 'inside' ? dir : parent, join(parent, 'way'));
    expectRefused(parent, { dir, outDir: join(parent, where === 'inside' ? 'way/out' : 'way') }, 'REVIVE_BAD_OUTPUT');
  });

  it('an output folder that is the package by way of a link: it is transformed in place', async () => {
    const { dir, parent } = place();
    symlinkSync(dir, join(parent, 'way'));
    transform({ dir, outDir: join(parent, 'way') });
    expect(await wrongWith([dir])).toEqual([null]);
  });
});

describe('what is no file', () => {
  const pipe = (path: string): void => {
    rmSync(path, { force: true, recursive: true });
    execFileSync('mkfifo', [path]);
  };
  const circle = (path: string): void => {
    rmSync(path, { force: true, recursive: true });
    symlinkSync(path, path);
  };
  const folder = (path: string): void => {
    rmSync(path, { force: true, recursive: true });
    mkdirSync(path);
  };

  it.each([
    ['a named pipe', pipe],
    ['a link in a circle', circle],
    ['a folder', folder],
  ])('%s in the place of each file that is read', (_what, make) => {
    for (const file of [`${NAME}.js`, `${NAME}_bg.wasm`, `${NAME}.d.ts`, 'package.json']) {
      const { dir, parent } = place();
      make(join(dir, file));
      expectRefused(parent, { dir }, /^REVIVE_/);
      expectRefused(parent, { dir, outDir: join(parent, 'out') }, /^REVIVE_/);
    }
  });

  it('a named pipe or a link that leads nowhere beside them: written elsewhere it is refused, in place it stays', async () => {
    const { dir, parent } = place();
    pipe(join(dir, 'pipe'));
    expectRefused(parent, { dir, outDir: join(parent, 'deep/er/out') }, 'REVIVE_BAD_FILE');
    rmSync(join(dir, 'pipe'));
    symlinkSync('nowhere', join(dir, 'link'));
    expectRefused(parent, { dir, outDir: join(parent, 'deep/er/out') }, 'REVIVE_BAD_FILE');
    pipe(join(dir, 'pipe'));
    transform({ dir });
    expect(await wrongWith([dir])).toEqual([null]);
  });

  it('names that are too long, or would speak for us in a terminal', () => {
    const { dir, parent } = place();
    expectRefused(parent, { dir, outDir: join(parent, 'o'.repeat(255)) }, 'REVIVE_BAD_OUTPUT');
    expectRefused(parent, { dir, outDir: join(parent, 'o'.repeat(300)) }, 'REVIVE_');
    pipe(join(dir, 'a\u001b[2J\nerror'));
    expectRefused(parent, { dir, outDir: join(parent, 'out') }, 'REVIVE_BAD_FILE');
  });

  it('links to folders stay links: to the copy, or to where they led', () => {
    const { dir, parent, outside } = place();
    symlinkSync('.', join(dir, 'circle'));
    symlinkSync(outside, join(dir, 'elsewhere'));
    const out = join(parent, 'out');
    for (let times = 0; times < 2; times++) transform({ dir, outDir: out });
    expect(exactTree(out)).toMatchObject({
      circle: expect.stringMatching(/link to \.$/),
      elsewhere: expect.stringContaining(`link to ${outside}`),
    });
  });
});

describe('glue that nests deeply', () => {
  const DEPTH = 100_000;
  it.each([
    ['brackets', '('.repeat(DEPTH)],
    ['blocks', `${'{'.repeat(DEPTH)}${'}'.repeat(DEPTH)}`],
    ['functions', 'function f(){'.repeat(DEPTH)],
    ['templates', '`${'.repeat(DEPTH)],
    ['operators', `x = ${'!'.repeat(DEPTH)}1;`],
    ['arrows', `x = ${'a=>'.repeat(DEPTH)}1;`],
    ['conditions without braces', `${'if(a)'.repeat(DEPTH)};`],
    ['else if', `${'if(a){}else '.repeat(DEPTH)};`],
    ['a sum', `x = ${'1+'.repeat(DEPTH)}1;`],
    ['behind a division that looks like a regular expression', `x=function(){}/"/c"+${'('.repeat(DEPTH)}`],
  ])('%s: it is refused, and the process does not end', async (_what, code) => {
    const { dir } = place();
    writeFileSync(join(dir, `${NAME}.js`), `${readFileSync(join(dir, `${NAME}.js`), 'utf8')}\n${code}\n`);
    const before = exactTree(dir);
    const { ended, stderr } = await runCli(['transform', dir]);
    expect(ended).toMatch(/^exit code 1/);
    expect(stderr).toMatch(/^error REVIVE_UNKNOWN_GLUE: .*nests/);
    expect(exactTree(dir)).toEqual(before);
  });

  it('brackets in comments, strings and regular expressions are none', async () => {
    const { dir } = place();
    const open = '([{'.repeat(2000);
    const file = join(dir, `${NAME}.js`);
    writeFileSync(file, `// ${open}\n/* ${open} */\n${readFileSync(file, 'utf8')}\nlet quoted = "${open}", regex = /[([{]+/;\n`);
    try {
      transform({ dir });
    } catch (error) {
      expect(String(error)).not.toMatch(/nests/);
    }
  });
});

/** Something put into a folder, where perhaps something of the package's is. */
const intruder = fc.record({
  at: fc.oneof(
    fc.constantFrom(
      ...[`${NAME}.js`, `${NAME}_bg.wasm`, `${NAME}.d.ts`, 'package.json', 'snippets', 'wasm-revive.cjs', `${NAME}.js.map`, 'node_modules'],
      ...[STAGING, `${STAGING}/staged.json`, `${STAGING}/0`, `${STAGING}/${MARK}`, `${STAGING}/package`, `${STAGING}-probe`],
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((name) => !/[/\0]|^\.\.?$/.test(name)),
    fc.constantFrom('__proto__', 'constructor', '-rf', 'x'.repeat(255), 'a\nb', ' ', '.', 'sub/sub/file').filter((name) => name !== '.'),
  ),
  what: fc.constantFrom(
    'file',
    'folder',
    'full folder',
    'pipe',
    'to victim',
    'to outside',
    'to itself',
    'to nowhere',
    'to a file inside',
    'to .',
  ),
  into: fc.constantFrom('package', 'output', 'beside'),
});

function put(path: string, what: string, outside: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  const links: Record<string, string> = {
    'to victim': join(outside, 'victim'),
    'to outside': outside,
    'to itself': path,
    'to nowhere': 'nowhere',
    'to a file inside': 'package.json',
    'to .': '.',
  };
  if (what === 'file') writeFileSync(path, '{}');
  else if (what === 'pipe') execFileSync('mkfifo', ['--', path]);
  else if (what.endsWith('folder')) {
    mkdirSync(path);
    if (what === 'full folder') writeFileSync(join(path, 'mine'), 'mine');
  } else symlinkSync(links[what] ?? '', path);
}

describe('hostile names and folders', () => {
  const seed = Number(process.env.CONFORMANCE_SEED ?? Math.floor(Math.random() * 2 ** 31));
  // Without a limit: `WASM_REVIVE_SOAK` says for how many minutes.
  const minutes = Number(process.env.WASM_REVIVE_SOAK ?? 0);

  it(
    `refused with everything as it was, or transformed and at work (seed ${seed}; CONFORMANCE_SEED repeats it)`,
    async () => {
      const parent = folders.empty();
      const transformed: string[] = [];
      const snippet =
        readdirSync(upstreamPackage('abort', 'nodejs'), { recursive: true, encoding: 'utf8' }).find((file) =>
          file.endsWith('inline0.js'),
        ) ?? '';
      let [run, refused] = [0, 0];
      const property = fc.property(
        fc.array(intruder, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('in place', 'elsewhere', 'over'),
        (intruders, how) => {
          const base = join(parent, String(run++));
          const [dir, outside, out] = [join(base, 'pkg'), join(base, 'outside'), join(base, 'out')];
          cpSync(upstreamPackage('abort', 'nodejs'), dir, { recursive: true });
          mkdirSync(outside);
          writeFileSync(join(outside, 'victim'), 'not to be touched');
          if (how === 'over') transform({ dir: upstreamPackage('unwind', 'nodejs'), outDir: out });
          for (const { at, what, into } of intruders) {
            try {
              if (into === 'beside') put(join(base, 'out.wasm-revive-staging', at.split('/').at(-1) ?? ''), what, outside);
              else if (into === 'package' || how !== 'in place') put(join(into === 'package' ? dir : out, at), what, outside);
            } catch {
              // The file system itself refuses: what is in the way stays.
            }
          }
          const [before, around] = [exactTree(base), exactTree(outside)];
          try {
            transform({ dir, outDir: how === 'in place' ? undefined : out });
            // What had lost a part of its own didn't load before, either.
            if (existsSync(join(dir, snippet))) transformed.push(how === 'in place' ? dir : out);
            if (how !== 'in place') expect(withoutOurStaging(exactTree(base), 'pkg/')).toEqual(withoutOurStaging(before, 'pkg/'));
          } catch (error) {
            if (!(error instanceof TransformError)) throw error;
            refused++;
            expect(error.code, error.message).not.toBe('REVIVE_FAULT');
            expect(error.message).not.toMatch(/\p{Cc}/u);
            expect(withoutOurStaging(exactTree(base))).toEqual(withoutOurStaging(before));
            rmSync(base, { recursive: true });
          }
          expect(existing(outside) ?? around).toEqual(around);
        },
      );
      const limits = minutes > 0 ? { numRuns: 1_000_000, interruptAfterTimeLimit: minutes * 60_000 } : { numRuns: 40 };
      fc.assert(property, { seed, ...limits, endOnFailure: false, markInterruptAsFailure: false });
      expect(refused, 'some are refused').toBeGreaterThan(0);
      expect(transformed.length, 'some are transformed').toBeGreaterThan(0);
      expect(await wrongWith(transformed)).toEqual(transformed.map(() => null));
    },
    minutes * 60_000 + 240_000,
  );
});

/**
 * Without staging folders that are empty or have our mark. Killed runs leave such, and the next one takes them away; any other is the user's own.
 * @param prefix only what is there, by its path from there
 */
function withoutOurStaging(tree: Record<string, string>, prefix = ''): Record<string, string> {
  const paths = Object.keys(tree);
  const ours = paths.filter((path) => {
    if (!new RegExp(`(?:^|[/.])${STAGING}$`).test(path) || !tree[path]?.endsWith('no file')) return false;
    const mark = `${path}/${MARK}`;
    return !paths.some((other) => other.startsWith(`${path}/`)) || /^10/.test(tree[mark] ?? '');
  });
  const rest = paths.filter((path) => !ours.some((staging) => path === staging || path.startsWith(`${staging}/`)));
  return Object.fromEntries(rest.filter((path) => path.startsWith(prefix)).map((path) => [path.slice(prefix.length), tree[path] ?? '']));
}

function existing(dir: string): Record<string, string> | undefined {
  return lstatSync(dir, { throwIfNoEntry: false }) && exactTree(dir);
}
