import { newCall, stepsOf, urlsIn, WEBHOOKS_PER_CALL } from './missed-call-flow.mjs';
import { pause } from './stage.mjs';

/** The wall clock in milliseconds, finer than Date.now. */
export const clock = () => performance.timeOrigin + performance.now();

/** Waits until then, unless it is past. */
export const until = (at) => {
  const ms = at - clock();
  return ms > 0 ? pause(ms) : undefined;
};

/** The same numbers for the same seed (mulberry32), so that two servers get the same calls at the same times. */
export const randomFrom = (seed) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Posts one webhook that was due at `dueAt`; its latency counts from then, however late it could be sent. */
const deliver = async ({ sender, results }, step, url, dueAt) => {
  const answer = await sender.post(url, step.params).catch((error) => ({ status: 0, text: String(error) }));
  const error = answer.status === 200 ? null : `${step.kind}: ${answer.status} ${answer.text.slice(0, 200)}`;
  results.push({ kind: step.kind, dueAt, ms: clock() - dueAt, error });
  return answer;
};

/** One call: what its TwiML leads to waits for the TwiML and for its own time, and for nothing else. */
const play = async (load, number, startAt) => {
  const [first, ...rest] = stepsOf(newCall(number), load.random);
  const answer = await deliver(load, first, first.to(), startAt);
  if (answer.status !== 200) return;
  const urls = urlsIn(answer.text);
  await Promise.all(
    rest.map(async (step) => {
      await until(startAt + step.afterMs);
      await deliver(load, step, step.to(urls), startAt + step.afterMs);
    }),
  );
};

/**
 * Missed calls that come as they come (Poisson), whether or not the server keeps up: an open loop.
 * @param rate webhooks per second, of which a call brings seven
 * @param seed of the arrivals
 * @returns calls, and for every webhook its kind, when it was due, its latency and its error
 */
export const openLoop = async ({ sender, numbers, rate, seconds, startAt, seed = 1 }) => {
  const random = randomFrom(seed);
  const load = { sender, random, results: [] };
  const gapMs = (1_000 * WEBHOOKS_PER_CALL) / rate;
  const calls = [];
  for (let at = startAt; at < startAt + seconds * 1_000; at += -Math.log(1 - random()) * gapMs) {
    await until(at);
    calls.push(play(load, numbers[calls.length % numbers.length], at));
  }
  await Promise.all(calls);
  return { calls: calls.length, results: load.results };
};
