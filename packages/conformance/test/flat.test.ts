import { join } from 'node:path';
import { inject } from 'vitest';
import { nodeVersion, otherNodeMajors, RUNNING_NODE } from '../src/drive/paths.ts';
import { canLoad, runInNode } from '../src/drive/run-in-node.ts';
import { declareTests } from '../src/drive/table-tests.ts';
import type { Target } from '../src/hosts/node.ts';
import type { PanicMode } from '../src/runner/kinds.ts';
import { isGiven, type Need } from '../src/runner/needs.ts';
import { FLAT } from '../src/runner/scenarios/flat.ts';

const flat = (panic: PanicMode) =>
  FLAT.filter((scenario) => isGiven(new Set<Need>(panic === 'unwind' ? ['gc', 'unwind'] : ['gc']), scenario));

// Every target and both panic modes, each in two runs: what is left behind depends on the one or on the other. On the running version where that
// can load the target.
const PAIRS: readonly (readonly [PanicMode, Target])[] = [
  ['abort', 'web'],
  ['abort', 'module'],
  ['unwind', 'bundler'],
  ['unwind', 'nodejs'],
];
const newest = nodeVersion(Math.max(...otherNodeMajors()));
for (const [panic, target] of PAIRS) {
  const node = canLoad(RUNNING_NODE, target) ? RUNNING_NODE : newest;
  declareTests(flat(panic), `${target} › panic=${panic} › node ${node.major}`, () =>
    runInNode(node, join(inject('transformed'), panic, target), target, panic, 'flat'),
  );
}

// The crates' hooks and records are to leave nothing behind either.
declareTests(flat('unwind'), `with the crates › nodejs › panic=unwind › node ${RUNNING_NODE.major}`, () =>
  runInNode(RUNNING_NODE, join(inject('transformed'), 'revive', 'unwind', 'nodejs'), 'nodejs', 'unwind', 'flat'),
);
