import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '');

/** Tools that the set-up installs for this repository alone; ignored by git. */
export const toolsDir = path.join(root, '.tools');

/** What the set-up builds from Rust for tests, demo and benchmarks; ignored by git. */
export const artifactsDir = path.join(root, '.artifacts');
