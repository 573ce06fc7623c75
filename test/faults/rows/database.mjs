import { percentile, target } from '../../bench/figures.mjs';
import { clock } from '../../bench/open-loop.mjs';
import { pause } from '../../bench/stage.mjs';
import { answersIn, countsOf, EVERY_KIND, invariantsOf, none } from '../judgement.mjs';
import { underLoad } from '../under-load.mjs';

const VOICE = ['call', 'dial'];
const P99_MS = 150;
/** The first 200 ms of an outage are waited out: in a short one they are more than a hundredth. */
const LEAST_FOR_P99 = 1_000;
const MOST_MS = 500;
/** Normal: the P95 of the load row. */
const NORMAL_P95_MS = 75;
const NORMAL_WITHIN_MS = 5_000;
const STEP_MS = 1_000;

/**
 * From when on, in milliseconds after the recovery, webhooks were answered normally for good: the P95 of every window
 * that begins then or later. In one of a second, a hundred webhooks, six that a busy disk held up are a P95.
 */
const normalAfter = (history, { recoveredAt, until }, windowMs) => {
  let normal = 0;
  for (let from = recoveredAt; from + windowMs <= until; from += STEP_MS) {
    const due = history.filter(({ dueAt }) => dueAt >= from && dueAt < from + windowMs);
    const latencies = Float64Array.from(due.map(({ latencyMs }) => latencyMs)).sort();
    if (percentile(latencies, 0.95) > NORMAL_P95_MS) normal = from + STEP_MS - recoveredAt;
  }
  return normal;
};

const breakAgainAndAgain = async (house, { breaks, mends, trials, lengths, say }) => {
  await pause(lengths.warmUp);
  await house.analyze();
  const spans = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const before = { from: clock(), to: clock() + lengths.before };
    await pause(lengths.before);
    await breaks(house);
    const from = clock();
    say(`outage ${trial + 1} of ${trials}: ${lengths.outage / 1_000} s`);
    await pause(lengths.outage);
    const to = clock();
    await mends(house);
    const recoveredAt = clock();
    await pause(lengths.after);
    spans.push({ before, during: { from, to }, recoveredAt, until: recoveredAt + lengths.after });
  }
  return spans;
};

/** Load before, during and after an outage. */
const outage =
  (breaks, mends, options) =>
  async (stage, { seed, first, trials, lengths, rate, slack, say }) => {
    const work = (house) => breakAgainAndAgain(house, { breaks, mends, trials, lengths, say });
    const { history, seen, done } = await underLoad(
      stage,
      { seed, first, rate, settleMs: lengths.settle, house: options },
      work,
    );
    return outcomeOf(history, done, seen, { slack, windowMs: lengths.window });
  };

const outcomeOf = (history, spans, seen, { slack, windowMs }) => {
  const during = spans.map((span) => answersIn(history, span.during, VOICE));
  const texts = spans.map((span) => answersIn(history, span.during, ['text', 'status']));
  const [worst] = during.toSorted((a, b) => b.latency.p99 - a.latency.p99);
  const most = Math.max(...during.map(({ latency }) => latency.max));
  const before = answersIn(history, spans[0].before, EVERY_KIND).latency;
  const recovery = Math.max(...spans.map((span) => normalAfter(history, span, windowMs)));
  const wrong = during.flatMap((span) => span.wrong);
  const voice = during.reduce((sum, { count }) => sum + count, 0);
  return {
    counts: {
      ...countsOf(seen),
      voiceDuring: voice,
      wrongDuring: wrong.length,
      refusedDuring: texts.flatMap((span) => span.wrong).length,
      normalAfterMs: recovery,
    },
    latency: {
      before,
      voiceDuring: worst.latency,
      textAndStatusDuring: texts[0].latency,
      after: answersIn(history, { from: spans[0].recoveredAt, to: spans[0].until }, EVERY_KIND).latency,
    },
    checks: [
      none(`of ${voice} voice webhooks in the outage without the right TwiML`, wrong),
      ...(worst.count < LEAST_FOR_P99
        ? []
        : [
            target(
              `P99 of voice in the outage <= ${P99_MS} ms`,
              worst.latency.p99 <= P99_MS * slack,
              `${worst.latency.p99} ms`,
            ),
          ]),
      target(`max of voice in the outage <= ${MOST_MS} ms`, most <= MOST_MS * slack, `${most} ms`),
      // other rows keep the machine of a short form from being normal at all
      ...(slack > 1
        ? []
        : [
            target(
              `P95 <= ${NORMAL_P95_MS} ms, in each ${windowMs / 1_000} s, within ${NORMAL_WITHIN_MS / 1_000} s of the recovery`,
              recovery <= NORMAL_WITHIN_MS,
              `${recovery} ms (before the outage ${before.p95} ms)`,
            ),
            none(
              'texts and statuses refused in the outage',
              texts.flatMap((span) => span.wrong),
            ),
          ]),
      ...invariantsOf(seen),
    ],
  };
};

/** A process that has just started is slow for some seconds, with its outage or without. */
const FULL = {
  warmUp: 20_000,
  before: 10_000,
  outage: 60_000,
  after: 20_000,
  window: 5_000,
  settle: 300_000,
};
const SHORT = {
  warmUp: 2_000,
  before: 1_500,
  outage: 4_000,
  after: 6_000,
  window: 1_000,
  settle: 90_000,
};
const must = '100 % right TwiML, P99 <= 150 ms, max 500 ms, 0 lost, normal P95 within 5 s of recovery';
const common = {
  unit: 'outages of 60 s',
  must,
  full: { trials: 5, batch: 1, lengths: FULL },
  short: { trials: 1, lengths: SHORT },
  msFor: ({ trials, lengths }) =>
    120_000 + lengths.settle + trials * (lengths.before + lengths.outage + lengths.after + 30_000),
};

/** PostgreSQL stops at once (`pg_ctl stop -m immediate`) and comes back. */
export const databaseStop = {
  ...common,
  fault: 'PostgreSQL stopped under 100 webhooks/s',
  run: outage(
    (house) => house.postgres.stop(),
    (house) => house.postgres.start(),
    { proxied: false },
  ),
};

/** Every process of PostgreSQL is stopped (SIGSTOP): connections stand, nothing answers. */
export const databaseFreeze = {
  ...common,
  fault: 'PostgreSQL frozen (SIGSTOP) under 100 webhooks/s',
  run: outage(
    (house) => house.postgres.freeze(),
    (house) => house.postgres.thaw(),
    { proxied: false },
  ),
};

/** PostgreSQL's network swallows everything. */
export const databaseBlackHole = {
  ...common,
  short: null,
  fault: 'the way to PostgreSQL is a black hole under 100 webhooks/s',
  run: outage(
    (house) => house.database.blackHole(),
    (house) => house.database.heal(),
  ),
};
