import { Validator } from '@cfworker/json-schema';
import schema from '@wasm-revive/kernel/crash-report.schema.json' with { type: 'json' };
import type { Report } from './fixtures.ts';

const validator = new Validator(schema as object, '2020-12', false);

/** Whether a report is what its schema says, as it is and sent as JSON; else what is wrong with it. */
export function fitsSchema(report: Report | undefined): true | string {
  if (report === undefined) return 'there is no report';
  for (const form of [report, JSON.parse(JSON.stringify(report))]) {
    const { valid, errors } = validator.validate(form);
    if (!valid) return errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).join('; ');
  }
  return true;
}
