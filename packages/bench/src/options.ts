import { parseArgs } from 'node:util';

/** How much is measured. */
export interface Effort {
  /** How often every process is started anew. */
  readonly launches: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
  /** Recoveries are made in blocks, so that the variants can take turns. */
  readonly recoveryBlocks: number;
  readonly recoveriesPerBlock: number;
  readonly transforms: number;
  /** How often each share of failing calls is measured, and for how long. */
  readonly loadRounds: number;
  readonly loadMs: number;
  readonly filledAborts: number;
  readonly idleSiblings: number;
  /** How often each workload is measured with rollback and without, in a process of its own, and for how long. */
  readonly rollbackLaunches: number;
  readonly rollbackWarmUpMs: number;
  readonly rollbackMs: number;
  /** How many turns are ended, and how many aborted. */
  readonly rollbackEnds: number;
  readonly rollbackAborts: number;
  /** How long a Worker is under load, and how often it is aborted then. */
  readonly workersMs: number;
  readonly workersAborts: number;
  /** Whether upstream's shim is measured beside it, many of whose requests get no answer and are waited for. */
  readonly workersUpstream: boolean;
}

/** What can be measured alone. */
const SECTIONS = ['rollback', 'workers'] as const;
export type Section = (typeof SECTIONS)[number];

/** What the command line says. */
export interface Options {
  readonly effort: Effort;
  /** The Node.js that the variants run in. */
  readonly node: string;
  readonly json: boolean;
  /** Nothing else. */
  readonly only: Section | undefined;
}

const FULL: Effort = {
  launches: 5,
  rounds: 60,
  roundMs: 2,
  warmUpMs: 200,
  recoveryBlocks: 20,
  recoveriesPerBlock: 50,
  transforms: 9,
  loadRounds: 3,
  loadMs: 1_000,
  filledAborts: 200,
  idleSiblings: 200,
  rollbackLaunches: 3,
  rollbackWarmUpMs: 1_500,
  rollbackMs: 1_000,
  rollbackEnds: 5_000,
  rollbackAborts: 500,
  workersMs: 60_000,
  workersAborts: 300,
  workersUpstream: true,
};

const QUICK: Effort = {
  launches: 1,
  rounds: 3,
  roundMs: 1,
  warmUpMs: 15,
  recoveryBlocks: 2,
  recoveriesPerBlock: 10,
  transforms: 2,
  loadRounds: 1,
  loadMs: 100,
  filledAborts: 10,
  idleSiblings: 10,
  rollbackLaunches: 1,
  rollbackWarmUpMs: 5,
  rollbackMs: 5,
  rollbackEnds: 50,
  rollbackAborts: 5,
  workersMs: 1_500,
  workersAborts: 3,
  workersUpstream: false,
};

const USAGE = `Usage: npm run bench -- [options]

  --quick         a few seconds instead of a few minutes; the numbers mean little
  --launches N    how often every process is started anew (default ${FULL.launches}): more on a busy machine
  --only rollback what \`--recovery rollback\` costs, and nothing else
  --only workers  Workers on workerd under load, and nothing else; they are in no other run
  --node PATH     the Node.js to measure in (default: this one)
  --json          the results as JSON on standard output, and nothing else there`;

/** Reads the command line; text when it can't be read. */
export function parseOptions(args: readonly string[]): Options | string {
  try {
    const string = { type: 'string' } as const;
    const boolean = { type: 'boolean', default: false } as const;
    const { values } = parseArgs({
      args: [...args],
      options: { quick: boolean, json: boolean, launches: string, node: string, only: string },
    });
    const base = values.quick ? QUICK : FULL;
    const launches = Number(values.launches ?? base.launches);
    if (!Number.isInteger(launches) || launches < 1) throw new Error(`--launches takes a whole number from 1, not "${values.launches}".`);
    const only = SECTIONS.find((section) => section === values.only);
    if (values.only !== only)
      throw new Error(`--only takes ${SECTIONS.map((section) => `"${section}"`).join(' or ')}, not "${values.only}".`);
    return { only, effort: { ...base, launches }, node: values.node ?? process.execPath, json: values.json };
  } catch (error) {
    return `${error instanceof Error ? error.message : error}\n\n${USAGE}`;
  }
}
