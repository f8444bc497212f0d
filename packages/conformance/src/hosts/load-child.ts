/**
 * Loads packages, one after the other, and uses each a little. Writes, as JSON, what was wrong with each; null for those that work.
 * Arguments: the target, then the packages' folders.
 */
import { loadPackage, type Target } from './node.ts';

async function wrongWith(dir: string, target: Target): Promise<string | null> {
  try {
    const ns = await loadPackage(dir, target);
    const counter = new ns.Counter(1);
    const right = ns.add(1, 2) === 3 && ns.echo('echo') === 'echo' && counter.inc() === 2 && ns.starts() === 1 && (await ns.ready(1)) === 2;
    return right ? null : 'it gives wrong answers';
  } catch (error) {
    return String(error);
  }
}

const [target = '', ...dirs] = process.argv.slice(2);
const wrong: (string | null)[] = [];
for (const dir of dirs) wrong.push(await wrongWith(dir, target as Target));
process.stdout.write(JSON.stringify(wrong));
