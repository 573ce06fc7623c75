import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Committed: what the long runs found, a line a batch. */
const FILE = fileURLToPath(new URL('results.jsonl', import.meta.url));

const git = (...args) => {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
};

/** The commit under test; with a plus when what is built differs from it. */
const commit = () => {
  const changed = git('status', '--porcelain', '--', 'apps', 'libs', 'migrations', 'package.json') !== '';
  return `${git('rev-parse', '--short', 'HEAD') || 'unknown'}${changed ? '+' : ''}`;
};

export const allResults = () =>
  existsSync(FILE)
    ? readFileSync(FILE, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    : [];

/** The last trial that a row has behind it with this seed, and at this rate unless it is the row's own; 0 before the first. */
export const lastTrial = (row, seed, rate) =>
  Math.max(
    0,
    ...allResults()
      .filter((line) => line.row === row && line.seed === seed && line.rate === rate)
      .map(({ last }) => last),
  );

/** Adds one batch: which trials, at what rate when it is not the row's own, what was counted, and whether everything held. */
export const keep = ({ row, seed, first, trials, rate, outcome, tookMs }) => {
  const missed = outcome.checks.filter(({ holds }) => !holds).map(({ name, seen }) => `${name}: ${seen}`);
  const line = {
    row,
    seed,
    first,
    last: first + trials - 1,
    trials,
    ...(rate === undefined ? {} : { rate }),
    commit: commit(),
    date: new Date().toISOString(),
    tookMs: Math.round(tookMs),
    counts: outcome.counts,
    latency: outcome.latency ?? {},
    ...(outcome.samples === undefined ? {} : { samples: outcome.samples }),
    verdict: missed.length === 0 ? 'met' : 'missed',
    missed,
  };
  appendFileSync(FILE, `${JSON.stringify(line)}\n`);
};
