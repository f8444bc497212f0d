import { nodeVersion, otherNodeMajors } from '../../src/drive/paths.ts';
import { exnrefTableTests, nodeJs } from '../../src/drive/table-tests.ts';

// All of them run it without a flag; Node.js 20 can't.
for (const major of otherNodeMajors()) exnrefTableTests({ ...nodeJs(nodeVersion(major)), targets: ['nodejs'] }, false);

const newest = nodeJs(nodeVersion(Math.max(...otherNodeMajors())));
exnrefTableTests({ ...newest, targets: ['web', 'bundler', 'module'] }, false);
exnrefTableTests({ ...newest, targets: ['nodejs'] }, true);
