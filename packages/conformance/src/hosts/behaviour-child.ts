/**
 * Writes down how a package behaves that is never failed, as JSON. Arguments: the package's folder, its target.
 */

import type { AllFixtures } from '../runner/behaviour/all-fixtures.ts';
import { behaviour } from '../runner/behaviour/behaviour.ts';
import { installHost } from '../runner/behaviour/imports.ts';
import { loadPackage, type Target } from './node.ts';

const [dir = '', target = ''] = process.argv.slice(2);
installHost();
const ns = await loadPackage(dir, target as Target);
process.stdout.write(JSON.stringify(await behaviour(ns as AllFixtures)));
