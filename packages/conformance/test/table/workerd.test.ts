import { tableTests, WORKERD } from '../../src/drive/table-tests.ts';

tableTests(WORKERD);
