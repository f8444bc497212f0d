import path from 'node:path';
import { root } from '../../../../../scripts/lib/paths.mjs';

/** Everything these scripts download and make: ignored by git, safe to delete, reused by the next run. */
export const workDir = path.join(root, 'target', 'corpus', 'published');
