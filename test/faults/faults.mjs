/**
 * `npm run test:faults`: real hub processes, a real PostgreSQL (fsync on) and the sandbox as Twilio, each broken on
 * purpose under load, and a checker that sorts what happened into lost, doubled, unexpected and recovered.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { ensureBuilt } from '../../apps/hub/ensure-built.mjs';
import { fixed } from '../bench/figures.mjs';
import { clock } from '../bench/open-loop.mjs';
import { onStage } from '../bench/stage.mjs';
import { report } from './report.mjs';
import { keep, lastTrial } from './results.mjs';
import { rows } from './rows/rows.mjs';

/** Webhooks per second; and in a short form, whose machine may be slow and does something else as well. */
const RATE = 100;
const SHORT_RATE = 20;
const LANES = 3;
/** How many times slower than its target a short form may be: it runs on machines that do something else as well. */
const SLACK = 4;

const HELP = `npm run test:faults [-- <row>|report] [options]

${Object.entries(rows)
  .map(([name, row]) => `  ${name.padEnd(20)} ${row.fault}; ${row.full.trials} ${row.unit}`)
  .join('\n')}
  report               what all long runs came to, from test/faults/results.jsonl

Without a row: each that has one in its short form, ${LANES} at once, at ${SHORT_RATE} webhooks/s, in under three minutes on two cores;
nothing is written down. What has to be there has to be there all the same. Latencies, and the 3 s of a start, may be ${SLACK} times
their target then; how soon all is fast again, who wins the races, what a busy machine refuses (503), and what takes minutes
(texts of unknown outcome, imports) is judged in the long forms only.
With a row: its long form, in batches; each adds a line to test/faults/results.jsonl. It can be stopped at any time
(Ctrl-C ends after the batch, twice at once) and goes on after the last batch of the same row and seed.
  --trials N   how many trials there should be with this seed, those of earlier sittings included
  --seed S     1 unless given
  --rate N     webhooks per second of a long form, instead of its own: for a machine that is slower than that
  --short      the row's short form; nothing is written down
Exit code 1: something that must hold did not.`;

const readOptions = () => {
  const { values, positionals } = parseArgs({
    options: {
      trials: { type: 'string' },
      seed: { type: 'string', default: '1' },
      rate: { type: 'string' },
      short: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const wrong = positionals.find((name) => name !== 'report' && !Object.hasOwn(rows, name));
  if (wrong !== undefined) throw new Error(`There is no row ${wrong}.\n\n${HELP}`);
  const lasting = positionals.find((name) => values.short && rows[name]?.short === null);
  if (lasting !== undefined) throw new Error(`${lasting} has no short form.`);
  const number = (name) => {
    if (values[name] === undefined) return undefined;
    if (!/^[1-9]\d*$/.test(values[name])) throw new Error(`--${name} takes a whole number above 0.`);
    return Number(values[name]);
  };
  return {
    ...values,
    names: positionals,
    trials: number('trials'),
    seed: number('seed'),
    rate: number('rate'),
  };
};

const timed = (text) => `  ${new Date().toISOString().slice(11, 19)}  ${text}`;

/**
 * Runs one batch with a limit: a row that hangs ends the whole run, and with it every process it started.
 * @param shared a stage that others play on before and after it; its own, unless given
 */
const attempt = async (name, given, say, shared) => {
  const row = rows[name];
  const limitMs = row.msFor(given);
  const timer = setTimeout(() => {
    console.log(`${name}\n  MISSED  done within ${Math.round(limitMs / 1_000)} s`);
    process.exit(1);
  }, limitMs);
  const startedAt = clock();
  const play = (stage) => row.run(stage, { ...given, say });
  const outcome = await (shared === undefined ? onStage(play, row.postgres) : play(shared));
  clearTimeout(timer);
  return { ...outcome, tookMs: clock() - startedAt };
};

/** An outcome's lines; a missed check makes the process end with 1. */
const told = ({ counts, latency = {}, checks, tookMs, skipped }) => {
  if (skipped !== undefined) return [`  skipped: ${skipped}`];
  if (checks.some(({ holds }) => !holds)) process.exitCode = 1;
  return [
    `  ${Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
    ...Object.entries(latency).map(
      ([name, { count, p50, p95, p99, max }]) =>
        `  ${name}: ${count} in ms, P50 ${p50}, P95 ${p95}, P99 ${p99}, max ${max}`,
    ),
    ...checks.map(({ name, holds, seen }) => `  ${holds ? 'met   ' : 'MISSED'}  ${name}: ${seen}`),
    `  ${fixed(tookMs / 1_000)} s`,
  ];
};

/** A row's short form, with all that it says at its end: another may run beside it. */
const short = async (name, { seed, trials, shared }) => {
  const row = rows[name];
  const lines = [`\n${name}: ${row.fault}`];
  const given = { rate: SHORT_RATE, slack: SLACK, ...row.short, seed, first: 1 };
  const say = (text) => lines.push(timed(text));
  const outcome = await attempt(name, { ...given, trials: trials ?? given.trials }, say, shared);
  console.log([...lines, ...told(outcome)].join('\n'));
};

/**
 * Several at once, the longest first: much of each is waiting. Those in a row with each other share a PostgreSQL, each
 * with a database of its own.
 */
const allShort = async (seed) => {
  const names = Object.keys(rows)
    .filter((name) => rows[name].short !== null)
    .values();
  const inTurn = () =>
    onStage(async (stage) => {
      for (const name of names) {
        const shared = rows[name].postgres === undefined ? stage : undefined;
        await short(name, { seed, shared });
      }
    });
  await Promise.all(Array.from({ length: LANES }, inTurn));
};

let stopping = false;

const long = async (name, { seed, trials: wanted, rate }) => {
  const row = rows[name];
  const total = wanted ?? row.full.trials;
  console.log(`\n${name}: ${row.fault}; ${total} ${row.unit}, seed ${seed}`);
  for (let first = lastTrial(name, seed, rate) + 1; first <= total && !stopping;) {
    const trials = Math.min(row.full.batch, total - first + 1);
    console.log(timed(`trials ${first} to ${first + trials - 1} of ${total}`));
    const own = rate === undefined ? {} : { rate };
    const given = { rate: RATE, slack: 1, ...row.full, ...own, trials, seed, first };
    const outcome = await attempt(name, given, (text) => console.log(timed(text)));
    console.log(told(outcome).join('\n'));
    if (outcome.skipped !== undefined) return;
    keep({ row: name, seed, first, trials, rate, outcome, tookMs: outcome.tookMs });
    first += trials;
  }
};

const main = async () => {
  const { names, seed, trials, rate, help, short: isShort } = readOptions();
  if (help) return console.log(HELP);
  if (names[0] === 'report') return report(rows);
  if (ensureBuilt() !== 0) throw new Error('The build failed.');
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load average ${loadavg()[0].toFixed(2)}`,
  );
  const startedAt = clock();
  if (names.length === 0) await allShort(seed);
  else
    for (const name of names)
      await (isShort ? short(name, { seed, trials }) : long(name, { seed, trials, rate }));
  console.log(`\n${fixed((clock() - startedAt) / 1_000)} s in all`);
};

process.on('SIGINT', () => {
  if (stopping) process.exit(130);
  stopping = true;
  console.log('  stopping after this batch; again: at once');
});
process.once('SIGTERM', () => process.exit(143));
await main();
process.exit(); // all is closed: nothing that was left open may hold it
