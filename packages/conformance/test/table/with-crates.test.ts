import { nodeVersion, otherNodeMajors, RUNNING_NODE } from '../../src/drive/paths.ts';
import { nodeJs, reviveTableTests } from '../../src/drive/table-tests.ts';

reviveTableTests({ ...nodeJs(RUNNING_NODE), targets: ['web', 'nodejs'] });
reviveTableTests({ ...nodeJs(nodeVersion(Math.max(...otherNodeMajors()))), targets: ['bundler', 'module'] });
