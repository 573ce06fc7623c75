import { target } from '../../bench/figures.mjs';
import { eventually, pause } from '../../bench/stage.mjs';
import { ALWAYS, answersIn, countsOf, invariantsOf, none } from '../judgement.mjs';
import { randomOf, underLoad } from '../under-load.mjs';

const VOICE = ['call', 'dial'];
/** So few of the commits are cut that the hub, which sees an outage in a cut, is mostly back before the next one. */
const SHARE = 0.01;
/** After so many cuts the server's answers stay away altogether for a while. */
const CUTS_BETWEEN = 10;
const DEAF_MS = 2_000;
const GIVE_UP_MS = 60_000;

/** Cuts commits, half of them before the server hears of it, half after it has committed. */
const cutSome = async (house, { random, trials, say }) => {
  const { database } = house;
  const rule = () => {
    if (random() >= SHARE) return null;
    return random() < 0.5 ? 'before' : 'after';
  };
  await pause(1_000);
  for (let cuts = 0; cuts < trials; cuts = database.cuts) {
    const enough = Math.min(trials, cuts + CUTS_BETWEEN);
    database.cutAtCommit(rule);
    if (!(await eventually(() => database.cuts >= enough, GIVE_UP_MS, 5)))
      throw new Error(`No commit was there to be cut for ${GIVE_UP_MS / 1_000} s.`);
    await database.heal();
    database.halfOpen('down');
    await pause(DEAF_MS);
    await database.heal();
    await pause(1_000);
    say(`${database.cuts} of ${trials} cuts`);
  }
  return database.cuts;
};

const run = async (stage, { seed, first, trials, rate, settleMs, slack, say }) => {
  const random = randomOf({ seed, first });
  const given = { seed, first, rate, settleMs, house: { watchesCommits: true } };
  const work = (house) => cutSome(house, { random, trials, say });
  const { history, seen, done: cuts } = await underLoad(stage, given, work);
  const voice = answersIn(history, ALWAYS, VOICE);
  return {
    counts: { ...countsOf(seen), cuts },
    latency: { voice: voice.latency },
    checks: [
      target('cuts made', cuts >= trials, `${cuts}`),
      none(`of ${voice.count} voice webhooks without the right TwiML`, voice.wrong),
      ...(slack > 1
        ? []
        : [none('texts and statuses refused', answersIn(history, ALWAYS, ['text', 'status']).wrong)]),
      ...invariantsOf(seen),
    ],
  };
};

/** The connection breaks at a COMMIT, whose outcome nobody knows; and between that, the database's answers are lost. */
export const commitCut = {
  fault:
    'connections cut at COMMIT, before and after it counts, and the answers of PostgreSQL lost, under 100 webhooks/s',
  unit: 'cuts',
  must: '100 % right TwiML, 0 lost, 0 doubled',
  full: { trials: 300, batch: 100, settleMs: 120_000 },
  short: null,
  counted: { sent: 'webhooks' },
  msFor: ({ trials, settleMs }) => 120_000 + trials * 4_000 + settleMs,
  run,
};
