/** A program with wasm-bindgen's output of its own and in packages, in a folder of its own, for the bundler plugins. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files of the fixtures in each folder. */
export const GLUE = 'wasm_revive_fixtures.js';
export const WASM = 'wasm_revive_fixtures_bg.wasm';

/** A folder with a program, taken away at the end. */
export class PluginProject {
  readonly dir: string = realpathSync(mkdtempSync(join(tmpdir(), 'wasm-revive-plugin-')));
  readonly program: string = join(this.dir, 'program.js');
  readonly out: string = join(this.dir, 'out');

  /** @param packages folders of wasm-bindgen's output, by where they are in the project */
  constructor(packages: Readonly<Record<string, string>>, code: string) {
    this.write('package.json', '{ "type": "module", "private": true }');
    this.write('program.js', code);
    for (const [to, from] of Object.entries(packages)) {
      cpSync(from, join(this.dir, to), { recursive: true });
      const name = /^node_modules\/(.+)$/.exec(to)?.[1];
      if (name !== undefined)
        this.write(join(to, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module', main: GLUE, module: GLUE }));
    }
  }

  write(file: string, text: string): void {
    const path = join(this.dir, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }

  /** What is in a folder, for comparing. */
  contentOf(folder: string): Record<string, string> {
    const at = join(this.dir, folder);
    const files = readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return Object.fromEntries(
      files.map(({ parentPath, name }) => {
        const hash = createHash('sha256').update(readFileSync(join(parentPath, name)));
        return [join(parentPath, name), hash.digest('hex')];
      }),
    );
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
