import { pause } from '../../bench/stage.mjs';
import { ALWAYS, answersIn, countsOf, EVERY_KIND, invariantsOf, latencyOf } from '../judgement.mjs';
import { randomOf, underLoad } from '../under-load.mjs';

/** The next kill comes so long after the hub is ready again: somewhere in here. */
const [LEAST_MS, MOST_MS] = [300, 2_500];

const killAgainAndAgain = async (house, random, trials, say) => {
  await pause(2_000);
  house.hub.startTimes = [];
  for (let trial = 0; trial < trials; trial += 1) {
    await pause(LEAST_MS + random() * (MOST_MS - LEAST_MS));
    house.hub.kill();
    await house.hub.exited;
    await house.hub.start();
    if ((trial + 1) % 5 === 0) say(`${trial + 1} of ${trials} kills`);
  }
  await pause(2_000);
};

const run = async (stage, { seed, first, trials, settleMs, healMs, patient, rate, say }) => {
  const random = randomOf({ seed, first });
  const work = (house) => killAgainAndAgain(house, random, trials, say);
  const { history, seen, house } = await underLoad(
    stage,
    { seed, first, rate, settleMs, healMs, patient },
    work,
  );
  const restart = latencyOf(house.hub.startTimes);
  const acknowledged = history.filter(({ status }) => status === 200);
  return {
    counts: countsOf(seen),
    latency: { restart, answered: answersIn(acknowledged, ALWAYS, EVERY_KIND).latency },
    checks: invariantsOf(seen, { patient }),
  };
};

/** kill -9 of the one process at random instants under load. */
export const kill = {
  fault: 'kill -9 of the hub at random instants under 100 webhooks/s',
  unit: 'kills',
  must: '0 lost, 0 doubled texts, 0 doubled entries',
  full: { trials: 200, batch: 100, settleMs: 300_000, healMs: 240_000, patient: true },
  short: { trials: 2, settleMs: 90_000, healMs: 0, patient: false },
  counted: { sent: 'webhooks' },
  msFor: ({ trials, settleMs }) => 120_000 + trials * 10_000 + settleMs,
  run,
};
