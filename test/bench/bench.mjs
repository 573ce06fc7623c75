/**
 * `npm run bench`: the hub's speed, measured on its build with a PostgreSQL of its own (fsync on) and the sandbox as
 * Twilio, every server in a process of its own, this process sending the load.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { ensureBuilt } from '../../apps/hub/ensure-built.mjs';
import { compare } from './compare.mjs';
import { duplicates } from './duplicates.mjs';
import { load } from './load.mjs';
import { missedCall } from './missed-call.mjs';
import { routing } from './routing.mjs';
import { takeover } from './takeover.mjs';

const HELP = `npm run bench [-- <bench>] [options]

  missed-call   Dial action request to POST Messages, idle machine     --trials
  load          open loop on ROLE=all                                  --rate --seconds --warm-up --profile
  compare       CPU beside a hand-written Express server               --rate --seconds --warm-up --runs --profile
  takeover      the AI takes over in time, once                        --conversations --at-once
  duplicates    every webhook delivered 20 times at once               --calls
  routing       a number's new target, rung by both of two instances   --trials

Without a bench, all of them in a short form; --full runs them in full, --short one of them in short.
--tenants says how many tenants share the load (10). --profile <folder> writes the web process's CPU profile.
A missed target makes the exit code 1.`;

const BENCHES = {
  'missed-call': { run: missedCall, full: { trials: 300 }, short: { trials: 50 } },
  load: {
    run: load,
    full: { rate: 100, seconds: 60, warmUp: 5 },
    short: { rate: 100, seconds: 10, warmUp: 3 },
  },
  compare: {
    run: compare,
    full: { rate: 60, seconds: 30, warmUp: 10, runs: 5 },
    short: { rate: 60, seconds: 8, warmUp: 4, runs: 1 },
  },
  takeover: {
    run: takeover,
    full: { conversations: 1_000, atOnce: 40 },
    short: { conversations: 200, atOnce: 40 },
  },
  duplicates: { run: duplicates, full: { calls: 500 }, short: { calls: 25 } },
  routing: { run: routing, full: { trials: 300 }, short: { trials: 20 } },
};

const NUMBERS = [
  'trials',
  'rate',
  'seconds',
  'warm-up',
  'runs',
  'conversations',
  'at-once',
  'calls',
  'tenants',
];
const text = { type: 'string' };
const flag = { type: 'boolean', default: false };

const readOptions = () => {
  const options = {
    ...Object.fromEntries(NUMBERS.map((name) => [name, text])),
    profile: text,
    full: flag,
    short: flag,
    help: flag,
  };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.find((name) => !Object.hasOwn(BENCHES, name));
  if (unknown !== undefined) throw new Error(`There is no bench ${unknown}.\n\n${HELP}`);
  const given = {};
  for (const name of NUMBERS.filter((each) => values[each] !== undefined)) {
    const number = Number(values[name]);
    if (!(number > 0)) throw new Error(`--${name} takes a number above 0.`);
    given[name.replace(/-(.)/, (_, letter) => letter.toUpperCase())] = number;
  }
  return { ...values, positionals, given };
};

const main = async () => {
  const { positionals, given, full, short, profile, help } = readOptions();
  if (help) return console.log(HELP);
  if (ensureBuilt() !== 0) throw new Error('The build failed.');
  const isFull = full || (positionals.length > 0 && !short);
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, load average ${loadavg()[0].toFixed(2)}`;
  console.log(`Node ${process.version}, ${machine}, ${isFull ? 'full' : 'short'} lengths`);
  for (const name of names) {
    const { run, ...lengths } = BENCHES[name];
    console.log(`\n${name}`);
    await run({ tenants: 10, ...(isFull ? lengths.full : lengths.short), ...given, profile });
  }
};

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
await main();
