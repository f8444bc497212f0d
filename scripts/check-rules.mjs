#!/usr/bin/env node
// Fails when the repository breaks one of its own rules (see `lib/repository-rules.mjs`).
import { root } from './lib/paths.mjs';
import { ruleProblems } from './lib/repository-rules.mjs';
import { runMain, UserError } from './lib/user-error.mjs';

await runMain(async () => {
  const problems = ruleProblems(root);
  if (problems.length > 0) throw new UserError(`The repository breaks its rules:\n${problems.map((text) => `  - ${text}`).join('\n')}`);
  console.log('every rule holds');
});
