import { target } from '../../bench/figures.mjs';
import { eventually, pause } from '../../bench/stage.mjs';
import { settle } from '../evidence.mjs';
import { House } from '../house.mjs';
import { answersIn, countsOf, invariantsOf, latencyOf, none } from '../judgement.mjs';
import { Traffic } from '../traffic.mjs';
import { TwilioClient } from '../twilio-client.mjs';

const ALL = ['call', 'dial', 'status', 'text'];
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

const failuresOf = (history) =>
  history
    .filter(({ right }) => !right)
    .map(({ event, status, text = '' }) => `${event}: ${status} ${text.slice(0, 60)}`);

const run = async (stage, { seed, first, trials, betweenMs, settleMs, say }) => {
  const house = await House.open(stage, { instances: ['all', 'all'], balanced: true });
  const client = new TwilioClient(house.url, { retries: 0 });
  const traffic = new Traffic({ client, lines: house.lines, seed: seed + first, known: house.known.add }).start();
  await pause(2_000);
  for (const hub of house.hubs) hub.startTimes = [];
  const exits = [];
  for (let trial = 0; trial < trials; trial += 1) {
    exits.push(await restart(house, house.hubs[trial % house.hubs.length]));
    await pause(betweenMs);
    if ((trial + 1) % 5 === 0) say(`${trial + 1} of ${trials} restarts`);
  }
  const history = await traffic.stop();
  const seen = await settle(house, history, { withinMs: settleMs });
  client.close();
  const { balancer } = house;
  const callbacks = (await house.sandbox.callbacks()).filter(({ status, attempts }) => status !== 200 || attempts > 1);
  await house.close();
  const bad = exits.filter(({ end }) => end !== 0);
  const exit = latencyOf(exits.map(({ ms }) => ms));
  const starts = latencyOf(house.hubs.flatMap(({ startTimes }) => startTimes));
  return {
    counts: { ...countsOf(seen), failedRequests: failuresOf(history).length, balancerFailures: balancer.failures.length, retried: balancer.retried, reused: balancer.reused },
    latency: { answered: answersIn(history, { from: 0, to: Number.POSITIVE_INFINITY }, ALL).latency, exit, start: starts },
    checks: [
      none('failed requests', failuresOf(history)),
      none('failures at the balancer', balancer.failures.map(({ status, reason }) => `${status} ${reason}`)),
      none('connections that the balancer was refused', Array.from({ length: balancer.retried }, () => 'retried')),
      none("of the sandbox's callbacks failed, or were sent twice", callbacks.map(({ status, error }) => `${status} ${error}`)),
      target('kept-alive connections were used again', balancer.reused > history.length / 2, `${balancer.reused} of ${history.length}`),
      target(`every exit with 0 within ${EXIT_WITHIN_MS / 1_000} s`, bad.length === 0 && exit.max <= EXIT_WITHIN_MS, `${bad.length} other ends, max ${exit.max} ms`),
      ...invariantsOf(seen),
    ],
  };
};

/** Rolling restarts of two instances behind a balancer. */
export const rolling = {
  fault: 'rolling restarts of two instances behind a balancer under 100 webhooks/s',
  unit: 'restarts',
  must: '0 failed requests, keep-alive reuse included',
  full: { trials: 50, batch: 10, betweenMs: 1_000, settleMs: 120_000 },
  short: { trials: 2, betweenMs: 300, settleMs: 15_000 },
  counted: { sent: 'requests' },
  msFor: ({ trials, settleMs }) => 120_000 + trials * 40_000 + settleMs,
  run,
};
