import { target } from '../../bench/figures.mjs';
import { eventually, pause } from '../../bench/stage.mjs';
import { ALWAYS, answersIn, countsOf, EVERY_KIND, invariantsOf, latencyOf, none } from '../judgement.mjs';
import { underLoad } from '../under-load.mjs';

const EXIT_WITHIN_MS = 15_000;
const READY_WITHIN_MS = 20_000;

/** One instance leaves, and comes back; the balancer has seen both before the next one goes. */
const restart = async (house, hub) => {
  const left = await hub.leave();
  await hub.start();
  const seen = await eventually(() => house.balancer.healthy === house.hubs.length, READY_WITHIN_MS, 50);
  if (!seen) throw new Error('The balancer did not see the instance come back.');
  return left;
};

/** A text is refused when neither the database nor the disk takes it in time; on a busy machine that says nothing. */
const isRefusedText = (line) => line.startsWith('sms.') && line.includes(':database-unavailable');

const restartAll = async (house, { trials, betweenMs, say }) => {
  await pause(2_000);
  for (const hub of house.hubs) hub.startTimes = [];
  const exits = [];
  for (let trial = 0; trial < trials; trial += 1) {
    exits.push(await restart(house, house.hubs[trial % house.hubs.length]));
    await pause(betweenMs);
    if ((trial + 1) % 5 === 0) say(`${trial + 1} of ${trials} restarts`);
  }
  return exits;
};

const run = async (
  stage,
  { seed, first, trials, betweenMs, lameDuckSeconds, settleMs, rate, slack, say },
) => {
  const given = {
    seed,
    first,
    rate,
    settleMs,
    retries: 0,
    house: { instances: ['all', 'all'], balanced: true, env: { LAME_DUCK_SECONDS: String(lameDuckSeconds) } },
  };
  const work = (house) => restartAll(house, { trials, betweenMs, say });
  const { history, seen, done: exits, house } = await underLoad(stage, given, work);
  const { balancer } = house;
  const { latency: answered, wrong } = answersIn(history, ALWAYS, EVERY_KIND);
  const failures = slack === 1 ? wrong : wrong.filter((line) => !isRefusedText(line));
  const callbacks = seen.callbacks.filter(({ status, attempts }) => status !== 200 || attempts > 1);
  const bad = exits.filter(({ end }) => end !== 0);
  const exit = latencyOf(exits.map(({ ms }) => ms));
  const start = latencyOf(house.hubs.flatMap(({ startTimes }) => startTimes));
  return {
    counts: {
      ...countsOf(seen),
      failedRequests: failures.length,
      balancerFailures: balancer.failures.length,
      balancerRetried: balancer.retried,
      reusedConnections: balancer.reused,
    },
    latency: { answered, exit, start },
    checks: [
      none('failed requests', failures),
      none(
        'failures at the balancer',
        balancer.failures.map(({ status, reason }) => `${status} ${reason}`),
      ),
      target(
        'the balancer was never refused a connection',
        balancer.retried === 0,
        `${balancer.retried} times`,
      ),
      none(
        "of the sandbox's callbacks failed, or were sent twice",
        callbacks.map(({ status, event }) => `${event}: ${status}`),
      ),
      target(
        'kept-alive connections were used again',
        balancer.reused > history.length / 2,
        `${balancer.reused} of ${history.length}`,
      ),
      target(
        `every exit with 0 within ${EXIT_WITHIN_MS / 1_000} s`,
        bad.length === 0 && exit.max <= EXIT_WITHIN_MS,
        `${bad.length} other ends, max ${exit.max} ms`,
      ),
      ...invariantsOf(seen),
    ],
  };
};

/** Rolling restarts of two instances behind a balancer. */
export const rolling = {
  fault: 'rolling restarts of two instances behind a balancer under 100 webhooks/s',
  unit: 'restarts',
  must: '0 failed requests, keep-alive reuse included',
  full: { trials: 50, batch: 25, betweenMs: 1_000, lameDuckSeconds: 5, settleMs: 120_000 },
  short: { trials: 2, betweenMs: 300, lameDuckSeconds: 2, settleMs: 90_000 },
  counted: { sent: 'requests' },
  msFor: ({ trials, settleMs }) => 120_000 + trials * 40_000 + settleMs,
  run,
};
