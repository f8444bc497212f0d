/**
 * Mutates packages in this process, transforms them and holds what comes of it against what was there before; writes a line of JSON for each.
 * Arguments: what to run, as JSON (`Wanted`).
 */
import { runMutants, type Wanted } from '../mutants/run.ts';

const ran = await runMutants(JSON.parse(process.argv[2] ?? '') as Wanted, (line) => process.stdout.write(`${JSON.stringify(line)}\n`));
process.stdout.write(`${JSON.stringify(ran)}\n`);
