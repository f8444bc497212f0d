import { RUNNING_NODE } from '../../src/drive/paths.ts';
import { nodeJs, tableTests } from '../../src/drive/table-tests.ts';

tableTests(nodeJs(RUNNING_NODE));
