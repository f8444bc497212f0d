import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { workDir } from './work-dir.mjs';

const exec = promisify(execFile);

/** @param {string} spec `name@version` */
function folderName(spec) {
  return spec.replace(/^@/, '').replaceAll(/[/@]/g, '-');
}

/**
 * Downloads a package and unpacks it, unless that was done: no script of it is run, and nothing that it depends on is installed.
 *
 * @param {string} spec `name@version`
 * @returns {Promise<string>} its folder
 */
export async function unpackedPackage(spec) {
  const dir = path.join(workDir, 'packages', folderName(spec));
  const ready = path.join(dir, 'package');
  if (fs.existsSync(ready)) return ready;
  const fresh = `${dir}.new`;
  fs.rmSync(fresh, { recursive: true, force: true });
  fs.mkdirSync(fresh, { recursive: true });
  const { stdout } = await exec('npm', ['pack', '--silent', '--ignore-scripts', spec], { cwd: fresh });
  const archive = stdout.trim().split('\n').at(-1) ?? '';
  // Note: some archives call their one folder otherwise.
  await exec('tar', ['-xzf', archive, '--one-top-level=package', '--strip-components=1'], { cwd: fresh });
  fs.rmSync(path.join(fresh, archive));
  fs.rmSync(dir, { recursive: true, force: true });
  fs.renameSync(fresh, dir);
  return ready;
}
