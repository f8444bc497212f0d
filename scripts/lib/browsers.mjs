import fs from 'node:fs';
import path from 'node:path';
import { aptInstall, canUseApt } from './apt.mjs';
import { root } from './paths.mjs';
import { ask } from './processes.mjs';

/**
 * The browsers that tests run in, from `browsers.json`: where they are on this machine. Of WebKit it is the driver, which starts a browser itself.
 *
 * @returns {{ name: string, binary: string | undefined, environment: string, apt: string }[]}
 */
export function browsers() {
  const known = JSON.parse(fs.readFileSync(path.join(root, 'scripts/browsers.json'), 'utf8'));
  return Object.entries(known).map(([name, { environment, apt, paths }]) => ({
    name,
    binary: [process.env[environment], ...paths].find((file) => file && fs.existsSync(file)),
    environment,
    apt,
  }));
}

/**
 * Finds the browsers, and installs those that are missing where apt-get may be used. Where it may not, their tests are skipped, and say so.
 *
 * @param {(line: string) => void} onLine hears the installer's output
 * @returns {Promise<string>} what is there and what is not, and how to get it
 */
export async function ensureBrowsers(onLine) {
  const missing = browsers().filter(({ binary }) => binary === undefined);
  if (missing.length > 0 && canUseApt()) {
    try {
      await aptInstall(
        missing.flatMap(({ apt }) => apt.split(' ')),
        onLine,
      );
    } catch (error) {
      onLine(error.message);
    }
  }
  return browsers()
    .map(({ name, binary, environment }) => (binary === undefined ? `no ${name}: install it, or set ${environment} to its path` : name))
    .join('; ');
}

/** What the browsers that are here say of themselves: what was tested in one version need not hold in another. */
export function browserVersions() {
  return browsers()
    .map(({ name, binary }) => (binary && (ask(binary, ['--version']) ?? name)) ?? `no ${name}`)
    .join('; ');
}
