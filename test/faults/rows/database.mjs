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
const WINDOW_MS = 1_000;

/** When, in milliseconds after the recovery, the webhooks of each whole second began to be answered normally for good. */
const normalAfter = (history, { recoveredAt, until }, normalMs) => {
  let normal = 0;
  for (let from = recoveredAt; from + WINDOW_MS <= until; from += WINDOW_MS) {
    const due = history.filter(({ dueAt }) => dueAt >= from && dueAt < from + WINDOW_MS);
    const latencies = Float64Array.from(due.map(({ latencyMs }) => latencyMs)).sort();
    if (percentile(latencies, 0.95) > normalMs) normal = from + WINDOW_MS - recoveredAt;
  }
  return normal;
};

const breakAgainAndAgain = async (house, { breaks, mends, trials, lengths, say }) => {
  await pause(lengths.warmUp);
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
  (breaks, mends) =>
  async (stage, { seed, first, trials, lengths, rate, slack, say }) => {
    const work = (house) => breakAgainAndAgain(house, { breaks, mends, trials, lengths, say });
    const { history, seen, done } = await underLoad(
      stage,
      { seed, first, rate, settleMs: lengths.settle },
      work,
    );
    return outcomeOf(history, done, seen, slack);
  };

const outcomeOf = (history, spans, seen, slack) => {
  const during = spans.map((span) => answersIn(history, span.during, VOICE));
  const texts = spans.map((span) => answersIn(history, span.during, ['text', 'status']));
  const [worst] = during.toSorted((a, b) => b.latency.p99 - a.latency.p99);
  const most = Math.max(...during.map(({ latency }) => latency.max));
  const before = answersIn(history, spans[0].before, EVERY_KIND).latency;
  // in a short form the machine may be busy with other rows, and slower than this all the time
  const normalMs = slack > 1 ? Math.max(NORMAL_P95_MS * slack, before.p95) : NORMAL_P95_MS;
  const recovery = Math.max(...spans.map((span) => normalAfter(history, span, normalMs)));
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
      target(
        `P95 <= ${NORMAL_P95_MS} ms within ${NORMAL_WITHIN_MS / 1_000} s of the recovery`,
        recovery <= NORMAL_WITHIN_MS,
        `${recovery} ms`,
      ),
      ...(slack > 1
        ? []
        : [
            none(
              'texts and statuses refused in the outage',
              texts.flatMap((span) => span.wrong),
            ),
          ]),
      ...invariantsOf(seen),
    ],
  };
};

const FULL = { warmUp: 5_000, before: 10_000, outage: 60_000, after: 20_000, settle: 300_000 };
const SHORT = { warmUp: 2_000, before: 1_500, outage: 4_000, after: 6_000, settle: 20_000 };
const must = '100 % right TwiML, P99 <= 150 ms, max 500 ms, 0 lost, normal P95 within 5 s of recovery';
const common = {
  unit: 'outages of 60 s',
  alone: true,
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
  ),
};

/** Every process of PostgreSQL is stopped (SIGSTOP): connections stand, nothing answers. */
export const databaseFreeze = {
  ...common,
  fault: 'PostgreSQL frozen (SIGSTOP) under 100 webhooks/s',
  run: outage(
    (house) => house.postgres.freeze(),
    (house) => house.postgres.thaw(),
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
