import { otherRuntimes, reviveTableTests, tableTests } from '../../src/drive/table-tests.ts';

const deno = otherRuntimes('deno');
tableTests(deno);
reviveTableTests({ ...deno, targets: ['web'] });
