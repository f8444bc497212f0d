import { existsSync, readFileSync } from 'node:fs';

/** Chromium on this machine, as `scripts/browsers.json` says where it may be; undefined where there is none. */
export function browserBinary(): string | undefined {
  // Two folders up from the package, from `src` and from `dist` alike.
  const known = JSON.parse(readFileSync(new URL('../../../scripts/browsers.json', import.meta.url), 'utf8')) as {
    chromium: { environment: string; paths: string[] };
  };
  const { environment, paths } = known.chromium;
  return [process.env[environment], ...paths].find((file) => file !== undefined && existsSync(file));
}
