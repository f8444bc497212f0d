/**
 * Runs the suite on one package in this process and writes one line of JSON a row. A process of its own: a failure may end it, and
 * then the rows before it have been told.
 *
 * Arguments: the package's folder, its target, its panic mode; then `table`, `flat`, or a JSON array of the IDs to run;
 * then `leak` to hold every memory.
 */
import type { Fixtures } from '../runner/fixtures.ts';
import type { PanicMode } from '../runner/kinds.ts';
import { installProbe } from '../runner/probe.ts';
import { runAll, runFlat } from '../runner/run.ts';
import { glueOf, loadPackage, nodeRuntime, type Target } from './node.ts';

const [dir = '', target = '', panic = '', what = 'table', leak] = process.argv.slice(2);
const wanted = what.startsWith('[') ? new Set(JSON.parse(what) as string[]) : undefined;
const probe = installProbe(leak === 'leak');
const ns = await loadPackage(dir, target as Target);
// After loading: a package that can't be loaded is to end this process.
const runtime = nodeRuntime();
// The other targets consist of several modules, of which a query would evaluate the first alone.
// Bun evaluates a file once, whatever the query.
const alone = (target === 'web' || target === 'module') && !('bun' in process.versions);
const another = (): Promise<Fixtures> => loadPackage(dir, target as Target, '?another');
const jsTag = glueOf(dir).includes('WebAssembly.JSTag');
const ground = { ns, panic: panic as PanicMode, runtime, probe, jsTag, ...(alone && { another }) };
const run = what === 'flat' ? runFlat(ground) : runAll(ground, (id) => wanted?.has(id) ?? true);
for await (const result of run) process.stdout.write(`${JSON.stringify(result)}\n`);
