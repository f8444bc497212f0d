import { tableTests } from '../../src/drive/table-tests.ts';

tableTests('older-versions');
