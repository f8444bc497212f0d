/**
 * Runs one of upstream's defects on a package in this process, and writes what it saw as JSON.
 *
 * Arguments: the package's folder, its target, the defect's name; `bare` to leave uncaught errors to Node.js, which they end.
 */

import type { Runtime } from '../runner/runtime.ts';
import { DEFECTS } from '../runner/upstream-defects.ts';
import { loadPackage, nodeRuntime, type Target } from './node.ts';

const [dir = '', target = '', name = '', bare] = process.argv.slice(2);
const ns = await loadPackage(dir, target as Target);
const runtime: Runtime =
  bare === 'bare'
    ? {
        turn: () => new Promise((resolve) => setImmediate(resolve)),
        takeUncaught: () => [],
        seesExceptions: false,
        engine: 'v8',
        compiles: true,
      }
    : nodeRuntime();
const defect = DEFECTS[name];
if (defect === undefined) throw new Error(`There is no defect named ${name}.`);
process.stdout.write(JSON.stringify(await defect(ns, runtime)));
