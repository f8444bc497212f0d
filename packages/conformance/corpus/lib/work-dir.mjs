import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../../../scripts/lib/paths.mjs';

/** Everything these scripts make: ignored by git, safe to delete, reused by the next run. */
export const workDir = path.join(root, 'target', 'corpus');

/** Makes the folder. */
export function makeWorkDir() {
  fs.mkdirSync(workDir, { recursive: true });
  // Without a `type`, so that Node tells CommonJS from ES modules file by file: upstream's nodejs output is CommonJS and its snippets
  // aren't. The repository's own package.json would make everything an ES module.
  fs.writeFileSync(path.join(workDir, 'package.json'), '{ "private": true }\n');
}
