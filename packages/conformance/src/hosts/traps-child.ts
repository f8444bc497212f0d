/** Raises every trap in this process, and writes what is told of each as JSON. */
import { raiseAll } from '../runner/traps.ts';

process.stdout.write(JSON.stringify(await raiseAll()));
