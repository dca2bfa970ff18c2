/** How a test ended. */
export type Outcome = 'pass' | 'fail' | 'skip';

/**
 * The outcome of each test of a suite, from what the suite's program prints with `-test.v`. Tests within tests are theirs, but for a
 * suite that is told `inParts`: there those of the first level count.
 */
export function readOutcomes(log: string, inParts = false): ReadonlyMap<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  const lines = inParts ? /^ {4}--- (PASS|FAIL|SKIP): Test\w+\/(\S+) /gm : /^--- (PASS|FAIL|SKIP): (Test\w+) /gm;
  for (const [, outcome = '', name = ''] of log.matchAll(lines)) {
    outcomes.set(name, outcome.toLowerCase() as Outcome);
  }
  // A panic or the time limit ends the program: what had begun then has failed.
  for (const [, name = ''] of inParts ? [] : log.matchAll(/^=== RUN +(Test\w+)$/gm))
    if (!outcomes.has(name)) outcomes.set(name, 'fail');
  return outcomes;
}

/** What docs/compatibility.md says of a test: that Ebb meets it or does not. */
export type Promised = 'meets' | 'does not';

/**
 * Suite → test → what is promised, from the tables of docs/compatibility.md: rows `| TestName | meets… or does not… |` under a
 * heading that is the suite's name.
 */
export function readPromises(markdown: string): ReadonlyMap<string, ReadonlyMap<string, Promised>> {
  const promises = new Map<string, Map<string, Promised>>();
  let suite = new Map<string, Promised>();
  for (const line of markdown.split('\n')) {
    const heading = /^#+ .*?`([\w/]+)`/.exec(line)?.[1];
    if (heading !== undefined) {
      suite = new Map();
      promises.set(heading, suite);
    }
    const [, name, verdict] = /^\| `?([\w/-]+)`? +\| (meets|does not)/.exec(line) ?? [];
    if (name !== undefined && verdict !== undefined) suite.set(name, verdict as Promised);
  }
  return promises;
}
