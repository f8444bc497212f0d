import { tableTests } from '../../src/drive/table-tests.ts';

tableTests('deno');
