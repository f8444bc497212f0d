import { parseOptions } from './options.ts';
import { servePage } from './serve-page.ts';
import { printTable } from './table/print-table.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (typeof options === 'string') {
    console.error(options);
    return 2;
  }
  return options.do === 'once' ? printTable(options) : servePage(options);
}
