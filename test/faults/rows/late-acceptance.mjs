import { newCaller } from '../../bench/missed-call-flow.mjs';
import { pause } from '../../bench/stage.mjs';
import { settle } from '../evidence.mjs';
import { House } from '../house.mjs';
import { countsOf, invariantsOf } from '../judgement.mjs';

const PER_SECOND = 20;

const sendAll = async (house, trials) => {
  const sending = [];
  for (let index = 0; index < trials; index += 1) {
    const line = house.lines[index % house.lines.length];
    const body = `Your appointment is at ${8 + (index % 9)}.`;
    sending.push(house.api('/v1/messages', { to: newCaller(), body }, { key: line.key }));
    await pause(1_000 / PER_SECOND);
  }
  await Promise.all(sending);
};

const run = async (stage, { seed, first, trials, latestMs, settleAfterSeconds, settleMs }) => {
  const house = await House.open(stage, { env: { SEND_SETTLE_AFTER_SECONDS: String(settleAfterSeconds) } });
  const late = { on: 'messages.create', answer: 'accept-later', afterMs: 0, spreadMs: latestMs };
  await house.tell('/faults', { ...late, share: 0.5, error: 500, seed: seed + first });
  await house.tell('/faults', { ...late, share: 1, error: 'reset', seed: seed + first + 1 });
  await house.tell('/faults', {
    on: 'messages.callback',
    answer: 'drop',
    share: 0.5,
    seed: seed + first + 2,
  });
  await sendAll(house, trials);
  const seen = await settle(house, [], { withinMs: settleMs, quietMs: latestMs });
  await house.close();
  return {
    counts: { ...countsOf(seen), texts: trials, requests: seen.sends.length, taken: seen.accepted.length },
    checks: invariantsOf(seen),
  };
};

/** Every send fails, and Twilio takes it all the same, late; most callbacks that would tell never come. */
export const lateAcceptance = {
  fault: 'Twilio accepts every text up to 60 s after our error, and nine of ten of its callbacks never come',
  unit: 'sends',
  must: '0 doubled',
  full: { trials: 1_000, batch: 500, latestMs: 60_000, settleAfterSeconds: 90, settleMs: 720_000 },
  short: { trials: 30, latestMs: 2_000, settleAfterSeconds: 4, settleMs: 90_000 },
  msFor: ({ trials, latestMs, settleMs }) => 180_000 + trials * 100 + latestMs + settleMs,
  run,
};
