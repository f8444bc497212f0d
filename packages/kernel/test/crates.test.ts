/** The pair of a crate and its package: which versions match, and what is said of those that don't. */
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { CRATE_SECTION, checkCrates, type MatchedPackage } from '../src/index.js';
import { isWithinCaret } from '../src/module/caret.js';

/** An empty module with records of crates in it, as the linker puts them there. */
function moduleWith(...records: string[]): WebAssembly.Module {
  const bytes = new TextEncoder().encode(records.map((record) => `${record}\n`).join(''));
  const name = new TextEncoder().encode(CRATE_SECTION);
  const content = [name.length, ...name, ...bytes];
  return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 0, 0x80 | content.length, content.length >> 7, ...content]));
}

const detector = (version: string): MatchedPackage => ({
  name: '@wasm-revive/abort-detector',
  version,
  crate: 'wasm-revive-abort-detector',
});

describe('versions of a pair', () => {
  it.each([
    ['0.1.0', '0.1.0'],
    ['0.1.0', '0.1.7'],
    ['1.2.3', '1.9.0'],
    ['1.0.0-rc.1', '1.0.0'],
    ['1.0.0-rc.1', '1.0.0-rc.2'],
    ['1.0.0-rc.1', '1.4.0'],
    ['0.0.3', '0.0.3'],
    ['1.2.3+build.5', '1.2.4'],
  ])('match: %s and %s', (a, b) => {
    expect([isWithinCaret(a, b), isWithinCaret(b, a)]).toEqual([true, true]);
  });

  it.each([
    ['0.1.0', '0.2.0'],
    ['0.9.9', '1.0.0'],
    ['1.9.9', '2.0.0'],
    ['1.2.3', '1.3.0-rc.1'],
    ['1.2.3-rc.1', '1.2.4-rc.1'],
    ['0.0.3', '0.0.4'],
    ['0.1.0', 'unknown'],
    ['0.1.0', '0.1'],
  ])('do not match: %s and %s', (a, b) => {
    expect([isWithinCaret(a, b), isWithinCaret(b, a)]).toEqual([false, false]);
  });
});

describe('checkCrates', () => {
  it('takes crates that match, and those of whose packages it knows nothing', () => {
    const module = moduleWith(`wasm-revive-abi ${manifest.version} 1`, 'wasm-revive-abort-detector 0.1.9 1', 'wasm-revive 7.0.0 1');
    expect(checkCrates(module, [detector('0.1.2')]).map(({ name }) => name)).toEqual([
      'wasm-revive-abi',
      'wasm-revive-abort-detector',
      'wasm-revive',
    ]);
  });

  it.each([
    ['wasm-revive-abort-detector 0.2.0 1', '0.1.2', '0.1.x'],
    ['wasm-revive-abort-detector 2.0.0 1', '1.5.0', '1.x'],
    ['wasm-revive-abort-detector 1.6.0-beta.1 1', '1.5.0', '1.x'],
    ['wasm-revive-abort-detector 0.0.2 1', '0.0.1', '0.0.1'],
  ])('I9: refuses %s beside the package %s, and says what is supported and what to do', (record, version, supported) => {
    const [crate, found] = record.split(' ');
    expect(() => checkCrates(moduleWith(record), [detector(version)])).toThrow(
      expect.objectContaining({
        code: 'REVIVE_VERSION_MISMATCH',
        message:
          `The module was built with the crate ${crate} ${found}, and is run by @wasm-revive/abort-detector ${version}, which supports ` +
          `${supported} of that crate. Use matching versions: ask for \`${crate} = "${version}"\` in Cargo.toml, or for a version of the ` +
          'package that matches the crate (`npm install wasm-revive@latest` for the newest). Then build and transform again.',
      }),
    );
  });

  it('I9: refuses a module with any of two versions of a crate that does not match, and the crate of this package', () => {
    const both = moduleWith('wasm-revive-abort-detector 0.1.0 1', 'wasm-revive-abort-detector 0.2.0 1');
    expect(() => checkCrates(both, [detector('0.1.0')])).toThrow(/abort-detector 0\.2\.0/);
    expect(() => checkCrates(moduleWith('wasm-revive-abi 99.0.0 1'))).toThrow(/wasm-revive-abi 99\.0\.0.*@wasm-revive\/kernel/);
  });

  it('I9: refuses another ABI first: the versions say nothing then', () => {
    expect(() => checkCrates(moduleWith('wasm-revive-abort-detector 0.2.0 99'), [detector('0.1.0')])).toThrow(/which speaks ABI 99/);
  });
});
