import { otherRuntimes, reviveTableTests, tableTests } from '../../src/drive/table-tests.ts';

const bun = otherRuntimes('bun');
tableTests(bun);
reviveTableTests({ ...bun, targets: ['nodejs'] });
