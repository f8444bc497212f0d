/** Loads one package in a thread of its own, uses it, and says what was seen. What it is given: the package's folder and its target. */
import { parentPort, workerData } from 'node:worker_threads';
import { see } from '../mutants/see.ts';
import type { AllFixtures } from '../runner/behaviour/all-fixtures.ts';
import { installHost } from '../runner/behaviour/imports.ts';
import { loadPackage, type Target } from './node.ts';

const { dir, target } = workerData as { dir: string; target: Target };
installHost();
// What a mutated package throws at nobody is no reason to stop looking.
const uncaught: unknown[] = [];
for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, (error: unknown) => uncaught.push(error));
try {
  parentPort?.postMessage(await see((await loadPackage(dir, target)) as AllFixtures, () => uncaught.splice(0)));
} catch (error) {
  parentPort?.postMessage({ ended: String(error) });
}
