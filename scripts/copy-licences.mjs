#!/usr/bin/env node
// Puts the licences into the package that is run in, as npm wants them in what it packs. Usage, in the package's folder, as its script `prepack`.
import fs from 'node:fs';
import path from 'node:path';
import { root } from './lib/paths.mjs';

for (const file of ['LICENSE-APACHE', 'LICENSE-MIT']) fs.copyFileSync(path.join(root, file), path.resolve(file));
