import fs from 'node:fs';
import path from 'node:path';
import { withLock } from '../../../scripts/lib/lock.mjs';
import { step } from '../../../scripts/lib/progress.mjs';
import { runMain } from '../../../scripts/lib/user-error.mjs';
import { buildTools, copyCheckout } from './lib/checkout.mjs';
import { nodeRuntime } from './lib/node-runtime.mjs';
import { readOptions } from './lib/options.mjs';
import { transformStep } from './lib/transform-step.mjs';
import { makeWorkDir, workDir } from './lib/work-dir.mjs';
import { runReference } from './reference/run.mjs';
import { runSuite } from './suite/run.mjs';

await runMain(async () => {
  const options = readOptions(process.argv.slice(2));
  if (!options) return 0;
  if (options.rebuild) fs.rmSync(workDir, { recursive: true, force: true });
  makeWorkDir();
  return await withLock(
    path.join(workDir, 'lock'),
    () => measure(options),
    () => console.error('Another run is using target/corpus; waiting for it.'),
  );
});

/** @param {import('./lib/options.mjs').Options} options */
async function measure(options) {
  const nodes = options.nodes.map(nodeRuntime);
  const transform = await transformStep(options.transform);
  const copy = await step('Copy the checkout', () => copyCheckout(options.checkout));
  const upstream = await step(`Build wasm-bindgen ${copy.version} from it`, (tell) => buildTools(copy, options.jobs, tell));
  const parts = { reference: runReference, suite: runSuite };
  const outcomes = [];
  for (const part of options.parts) outcomes.push(await parts[part](options, upstream, transform, nodes));
  console.log(`wasm-bindgen ${copy.version}, transform: ${transform.name}`);
  for (const line of outcomes.flatMap((each) => each.lines)) console.log(line);
  return outcomes.every((each) => each.ok) ? 0 : 1;
}
