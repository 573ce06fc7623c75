import { target } from '../../bench/figures.mjs';
import { clock } from '../../bench/open-loop.mjs';
import { residentMiB } from '../../bench/proc.mjs';
import { pause } from '../../bench/stage.mjs';
import { ALWAYS, answersIn, countsOf, EVERY_KIND, invariantsOf, none } from '../judgement.mjs';
import { underLoad } from '../under-load.mjs';

const P95_MS = 75;
const P99_MS = 200;
/**
 * Twilio's lists are read every ten minutes, with ten minutes more for overlap: the second of these readings is the first
 * that is as long as all that follow, and takes the memory that they need. The next one is in what is measured.
 */
const WARM_UP_MS = 1_380_000;
const LOOKS_EVERY_MS = 2_000;
const TEN_MINUTES_MS = 600_000;
const MOST_GROWTH = 0.01;

/** The least-squares slope of resident memory, as a share of its mean for each ten minutes. */
const growthOf = (looks) => {
  const mean = (pick) => looks.reduce((sum, one) => sum + pick(one), 0) / looks.length;
  const [at, mib] = [mean((one) => one.at), mean((one) => one.mib)];
  const over = looks.reduce((sum, one) => sum + (one.at - at) * (one.mib - mib), 0);
  const under = looks.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  return ((over / under) * TEN_MINUTES_MS) / mib;
};

const watch = async (house, { warmUpMs, runMs, say }) => {
  await pause(warmUpMs);
  const from = clock();
  const looks = [];
  while (clock() < from + runMs) {
    looks.push({ at: clock(), mib: residentMiB(house.hub.pid) });
    if (looks.length % 30 === 0)
      say(`${Math.round((clock() - from) / 1_000)} s, ${Math.round(looks.at(-1).mib)} MiB`);
    await pause(LOOKS_EVERY_MS);
  }
  return { looks, span: { from, to: clock() } };
};

const run = async (stage, { seed, first, warmUpMs, runMs, settleMs, rate, say }) => {
  const work = (house) => watch(house, { warmUpMs, runMs, say });
  const given = { seed, first, rate, settleMs, house: { proxied: false } };
  const { history, seen, done } = await underLoad(stage, given, work);
  const { looks, span } = done;
  const { latency } = answersIn(history, span, EVERY_KIND);
  const growth = growthOf(looks);
  const grown = `${(growth * 100).toFixed(2)} % per 10 min, from ${Math.round(looks[0].mib)} to ${Math.round(looks.at(-1).mib)} MiB`;
  return {
    counts: {
      ...countsOf(seen),
      growthPercent: Math.round(growth * 10_000) / 100,
      mostMiB: Math.round(Math.max(...looks.map(({ mib }) => mib))),
    },
    latency: { all: latency },
    checks: [
      target(`P95 <= ${P95_MS} ms`, latency.p95 <= P95_MS, `${latency.p95} ms`),
      target(`P99 <= ${P99_MS} ms`, latency.p99 <= P99_MS, `${latency.p99} ms`),
      none('wrong answers', answersIn(history, ALWAYS, EVERY_KIND).wrong),
      target(`memory grows <= ${MOST_GROWTH * 100} % per 10 min`, growth <= MOST_GROWTH, grown),
      ...invariantsOf(seen),
    ],
  };
};

/** No fault at all. */
export const steady = {
  fault: 'none: 100 webhooks/s for 10 minutes',
  unit: 'runs of 10 minutes',
  must: 'P95 <= 75 ms, P99 <= 200 ms, memory flat (<= 1 % per 10 min, once the lists of Twilio were read at full length)',
  full: { trials: 1, batch: 1, warmUpMs: WARM_UP_MS, runMs: 600_000, settleMs: 60_000 },
  short: null,
  counted: { sent: 'webhooks' },
  msFor: ({ warmUpMs, runMs, settleMs }) => 180_000 + warmUpMs + runMs + settleMs,
  run,
};
