import { eventually, pause } from '../../bench/stage.mjs';
import { countsOf, invariantsOf, latencyOf } from '../judgement.mjs';
import { randomOf, underLoad } from '../under-load.mjs';

/** Each way, at least and at most: so wide is the window in which a send has begun and not ended. */
const TWILIO_MS = [4, 12];
/** A kill comes so long after the request went out, at most. */
const WINDOW_MS = 40;
const APART_MS = 1_500;
const SEND = 'POST /2010-04-01/Accounts/';
const MOST_HELD = 0.001;
const SENDS_FOR_SHARE = 3_000;

/** Every fifth send ends in a way that tells nothing: taken or not, at once or later. */
const AMBIGUOUS = (latestMs) => [
  { answer: 'accept-then-reset', share: 0.06 },
  { answer: 'accept-then-500', share: 0.05 },
  { answer: 'reset', share: 0.06 },
  { answer: 'accept-later', share: 0.05, afterMs: 0, spreadMs: latestMs },
];

/** Kills the hub within some milliseconds of a `POST Messages` on its way. */
const killInWindow = async (house, random) => {
  let began = false;
  house.twilio.onUp = (chunk) => (began ||= chunk.includes(SEND) && chunk.includes('/Messages.json'));
  if (!(await eventually(() => began, 20_000, 1))) throw new Error('No text was sent for 20 s.');
  await pause(random() * WINDOW_MS);
  house.hub.kill();
  house.twilio.onUp = null;
  await house.hub.exited;
};

const killSending = async (house, { seed, first, trials, latestMs, say }) => {
  const random = randomOf({ seed, first });
  for (const [index, fault] of AMBIGUOUS(latestMs).entries())
    await house.tell('/faults', { on: 'messages.create', seed: seed * 100 + first + index, ...fault });
  house.twilio.delay(...TWILIO_MS);
  await pause(1_500);
  for (let trial = 0; trial < trials; trial += 1) {
    await killInWindow(house, random);
    await house.hub.start();
    await pause(APART_MS * (0.5 + random()));
    if ((trial + 1) % 5 === 0) say(`${trial + 1} of ${trials} kills`);
  }
};

const run = async (stage, given) => {
  const { seed, first, rate, settleMs, healMs, patient, settleAfterSeconds } = given;
  const house = { env: { SEND_SETTLE_AFTER_SECONDS: String(settleAfterSeconds) } };
  const load = { seed, first, rate, settleMs, healMs, patient, house };
  const { seen, house: left } = await underLoad(stage, load, (it) => killSending(it, given));
  const ambiguous = seen.sends.filter(({ fault }) => fault !== null).length;
  return {
    counts: { ...countsOf(seen), sends: seen.sends.length, ambiguous },
    latency: { restart: latencyOf(left.hub.startTimes) },
    checks: invariantsOf(seen, { patient }),
  };
};

/** What only all batches together can tell: few enough are held. */
const overall = (_, { accepted = 0, failed = 0, held = 0 }) => {
  const all = accepted + failed + held;
  if (all < SENDS_FOR_SHARE) return [`a share of 0.1 % needs ${SENDS_FOR_SHARE} texts; these are ${all}`];
  return held / all <= MOST_HELD ? [] : [`${held} of ${all} texts held, more than ${MOST_HELD * 100} %`];
};

/** kill -9 while texts are being sent, and every fifth answer of Twilio's tells nothing. */
export const killSends = {
  fault: 'kill -9 within 40 ms of a send, 20 % ambiguous answers from Twilio',
  unit: 'kills',
  must: '0 doubled; every text accepted, failed with a reason, or held (<= 0.1 %)',
  full: {
    trials: 200,
    batch: 100,
    latestMs: 60_000,
    settleAfterSeconds: 90,
    settleMs: 1_200_000,
    healMs: 240_000,
    patient: true,
  },
  short: { trials: 2, latestMs: 1_000, settleAfterSeconds: 3, settleMs: 90_000, healMs: 0, patient: false },
  counted: { sends: 'sends' },
  msFor: ({ trials, settleMs }) => 180_000 + trials * 20_000 + settleMs,
  overall,
  run,
};
