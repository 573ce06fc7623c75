import { target } from '../../bench/figures.mjs';
import { clock } from '../../bench/open-loop.mjs';
import { pause } from '../../bench/stage.mjs';
import { countsOf, invariantsOf, latencyOf } from '../judgement.mjs';
import { underLoad } from '../under-load.mjs';

const AT_ONCE_MS = 1_000;
const WITHIN_MS = 15_000;
const KILLED_AFTER_MS = 10_000;

/** SIGTERM; when the process outlives the wait, SIGKILL. @returns its end, and after how many milliseconds */
const leaveOrDie = async ({ hub }, killAfterMs) => {
  const timer = setTimeout(() => hub.kill(), killAfterMs);
  const left = await hub.leave();
  clearTimeout(timer);
  return left;
};

/** The ways to go, each with what holds of its end. */
const WAYS = {
  'SIGTERM once': {
    go: (house) => leaveOrDie(house, WITHIN_MS),
    holds: ({ end, ms }) => end === 0 && ms <= WITHIN_MS,
  },
  'SIGTERM twice': {
    async go({ hub }) {
      const left = hub.leave();
      await pause(300);
      const again = clock();
      hub.kill('SIGTERM');
      const { end } = await left;
      return { end, ms: clock() - again };
    },
    holds: ({ ms }) => ms <= AT_ONCE_MS,
  },
  'SIGTERM, PostgreSQL frozen, SIGKILL 10 s later': {
    async go(house) {
      await house.postgres.freeze();
      await pause(500);
      const left = await leaveOrDie(house, KILLED_AFTER_MS);
      house.postgres.thaw();
      return left;
    },
    holds: ({ ms }) => ms <= WITHIN_MS,
  },
  'SIGTERM, PostgreSQL frozen': {
    async go(house) {
      await house.postgres.freeze();
      await pause(500);
      const left = await leaveOrDie(house, WITHIN_MS + 1_000);
      house.postgres.thaw();
      return left;
    },
    holds: ({ end, ms }) => end === 0 && ms <= WITHIN_MS,
  },
  'SIGTERM, PostgreSQL stopped': {
    async go(house) {
      await house.postgres.stop();
      await pause(500);
      const left = await leaveOrDie(house, WITHIN_MS);
      await house.postgres.start();
      return left;
    },
    holds: ({ end, ms }) => end === 0 && ms <= WITHIN_MS,
  },
};

const leaveAllWays = async (house, { first, trials, say }) => {
  await pause(1_500);
  const ends = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const [name, way] = Object.entries(WAYS)[(first - 1 + trial) % Object.keys(WAYS).length];
    const left = await way.go(house);
    ends.push({ name, ...left, holds: way.holds(left) });
    say(`${name}: ended with ${left.end} after ${Math.round(left.ms)} ms`);
    await house.hub.start();
    await pause(1_000);
  }
  return ends;
};

const run = async (stage, { seed, first, trials, settleMs, healMs, patient, rate, say }) => {
  const work = (house) => leaveAllWays(house, { first, trials, say });
  const { seen, done } = await underLoad(stage, { seed, first, rate, settleMs, healMs, patient }, work);
  const latency = Object.groupBy(done, ({ name }) => name);
  return {
    counts: countsOf(seen),
    latency: Object.fromEntries(
      Object.entries(latency).map(([name, ends]) => [name, latencyOf(ends.map(({ ms }) => ms))]),
    ),
    checks: [
      ...done
        .filter(({ holds }) => !holds)
        .map(({ name, end, ms }) => target(name, false, `${end} after ${Math.round(ms)} ms`)),
      target(
        'every process ended as it should',
        done.every(({ holds }) => holds),
        `${done.length} ends`,
      ),
      ...invariantsOf(seen, { patient }),
    ],
  };
};

/** The ways to be asked to leave, good and bad, under load. */
export const shutdown = {
  fault: 'SIGTERM, once, twice, and without a database, then SIGKILL, under 100 webhooks/s',
  unit: 'shutdowns',
  must: 'exit within 15 s, at once when asked twice; 0 lost, 0 doubled',
  full: { trials: 40, batch: 8, settleMs: 300_000, healMs: 240_000, patient: true },
  short: { trials: 2, settleMs: 90_000, healMs: 0, patient: false },
  msFor: ({ trials, settleMs }) => 120_000 + trials * 60_000 + settleMs,
  run,
};
