import { otherRuntimes, tableTests } from '../../src/drive/table-tests.ts';

tableTests(otherRuntimes('deno'));
