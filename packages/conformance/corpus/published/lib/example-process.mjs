import fs from 'node:fs';
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Runs one example in a process of its own: `node example-process.mjs <example> <folder of the package> <answer file>`. */
const [file = '', dir = '', answerFile = ''] = process.argv.slice(2);
// Links `import * as wasm from './app_bg.wasm'` as bundlers do.
register('../../reference/probe/hooks.mjs', { parentURL: import.meta.url, data: { stubs: {}, native: false } });

/** @type {import('./examples.mjs').Said} */
const said = {};
try {
  const { load, use, crash } = await import(pathToFileURL(file).href);
  const pkg = await load(dir);
  said.used = JSON.stringify(await use(pkg));
  if (crash) {
    said.crashed = await how(() => crash(pkg));
    said.usedAfter = await how(() => use(pkg), JSON.stringify);
  }
} catch (error) {
  said.error = error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : String(error);
}
fs.writeFileSync(answerFile, JSON.stringify(said));
process.exit(0);

/** @param {() => unknown} run @param {(value: unknown) => string} [show] */
async function how(run, show = () => 'no crash') {
  try {
    return show(await run());
  } catch (error) {
    return String((error instanceof Error && Reflect.get(error, 'code')) || error).slice(0, 200);
  }
}
