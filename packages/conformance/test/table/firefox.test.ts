import { browser, browserTests } from '../../src/drive/table-tests.ts';

browserTests('firefox', browser('firefox'));
