#!/usr/bin/env node
// Not built, so that npm, which links it before anything is built, finds it.
import { main } from '../dist/build.js';

process.exitCode = main(process.argv.slice(2));
