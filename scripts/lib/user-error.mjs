/** An error whose message is all that its reader needs: it says what happened and what to do, so no stack is printed. */
export class UserError extends Error {
  name = 'UserError';
}

/**
 * Runs a script's main function. A {@link UserError} is printed as it is; anything else is a bug here and keeps its stack.
 *
 * @param {() => Promise<number | void>} main its result is the exit code (0 when it returns nothing)
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error instanceof UserError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
