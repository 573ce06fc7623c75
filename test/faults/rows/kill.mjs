import { randomFrom } from '../../bench/open-loop.mjs';
import { pause } from '../../bench/stage.mjs';
import { settle } from '../evidence.mjs';
import { House } from '../house.mjs';
import { answersIn, countsOf, invariantsOf, latencyOf } from '../judgement.mjs';
import { target } from '../../bench/figures.mjs';
import { Traffic } from '../traffic.mjs';
import { TwilioClient } from '../twilio-client.mjs';

/** The next kill comes so long after the hub is ready again: somewhere in here. */
const [LEAST_MS, MOST_MS] = [300, 2_500];
const RESTART_MS = 3_000;
/** An attempt cut off is settled by a callback or by two looks at the list. */
const SETTLED_WITHIN_MS = 240_000;

const run = async (stage, { seed, first, trials, say }) => {
  const house = await House.open(stage);
  const random = randomFrom(seed * 1_000_003 + first);
  const client = new TwilioClient(house.url);
  const traffic = new Traffic({ client, lines: house.lines, seed: seed + first, known: house.known.add }).start();
  await pause(2_000);
  house.hub.startTimes = [];
  for (let trial = 0; trial < trials; trial += 1) {
    await pause(LEAST_MS + random() * (MOST_MS - LEAST_MS));
    house.hub.kill();
    await house.hub.exited;
    await house.hub.start();
    if ((trial + 1) % 10 === 0) say(`${trial + 1} of ${trials} kills`);
  }
  await pause(2_000);
  const history = await traffic.stop();
  const seen = await settle(house, history, { withinMs: SETTLED_WITHIN_MS });
  client.close();
  const restarts = latencyOf(house.hub.startTimes);
  const all = { from: 0, to: Number.POSITIVE_INFINITY };
  await house.close();
  return {
    counts: { ...countsOf(seen), settledMs: Math.round(seen.settledMs) },
    latency: { restart: restarts, answered: answersIn(history.filter(({ status }) => status === 200), all, ['call', 'dial', 'status', 'text']).latency },
    checks: [
      ...invariantsOf(seen),
      target(`every restart ready within ${RESTART_MS} ms`, restarts.max <= RESTART_MS, `max ${restarts.max} ms`),
    ],
  };
};

/** kill -9 of the one process at random instants under load. */
export const kill = {
  fault: 'kill -9 of the hub at random instants under 100 webhooks/s',
  unit: 'kills',
  full: { trials: 200, batch: 25 },
  short: { trials: 3 },
  must: '0 lost, 0 doubled texts, 0 doubled entries',
  msFor: ({ trials }) => 120_000 + trials * 8_000 + SETTLED_WITHIN_MS,
  run,
};
