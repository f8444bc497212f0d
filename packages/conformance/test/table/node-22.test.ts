import { nodeVersion } from '../../src/drive/paths.ts';
import { nodeJs, tableTests } from '../../src/drive/table-tests.ts';

tableTests(nodeJs(nodeVersion(22)));
