import { browser, browserTests } from '../../src/drive/table-tests.ts';

browserTests('chromium', browser('chromium'));
