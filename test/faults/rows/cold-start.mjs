import { target } from '../../bench/figures.mjs';
import { newCall, urlsIn, voice } from '../../bench/missed-call-flow.mjs';
import { clock } from '../../bench/open-loop.mjs';
import { pause } from '../../bench/stage.mjs';
import { settle } from '../evidence.mjs';
import { House } from '../house.mjs';
import { countsOf, invariantsOf, latencyOf, none } from '../judgement.mjs';
import { dialedIn, missedDial } from '../traffic.mjs';
import { TwilioClient } from '../twilio-client.mjs';

const WITHIN_MS = 3_000;
const GIVE_UP_MS = 30_000;
const ASK_EVERY_MS = 10;

/** How the database is away; in turn. */
const AWAY = [
  ['refused', ({ database }) => database.refuse()],
  ['hung', ({ database }) => database.blackHole()],
];

/** Posts until somebody listens: a webhook that found no connection was never sent. */
const firstAnswer = async (client, params) => {
  for (const giveUpAt = clock() + GIVE_UP_MS; ; await pause(ASK_EVERY_MS)) {
    const answer = await client.post('/webhooks/twilio/call', params);
    if (answer.status !== 0 || clock() > giveUpAt) return answer;
  }
};

/** A call to a hub that starts meanwhile, and that nobody takes. @returns its webhooks as a history */
const callAtStart = async (house, client, line) => {
  const call = { ...newCall(line.number), forwardTo: line.forwardTo };
  house.known.add({ kind: 'call', sid: call.callSid, from: call.from, to: call.to, status: 'no-answer' });
  const of = { sid: call.callSid, from: call.from, isMissed: true };
  await house.hub.launch();
  const answer = await firstAnswer(client, voice(call, 'ringing'));
  const first = {
    ...of,
    kind: 'call',
    event: `call.incoming|${call.callSid}`,
    status: answer.status,
    right: answer.status === 200 && dialedIn(answer.text).join() === line.forwardTo,
    tookMs: clock() - house.hub.startedAt,
  };
  if (!first.right) return [first];
  const { status } = await client.post(urlsIn(answer.text).dial, missedDial(call));
  return [first, { ...of, kind: 'dial', event: `call.dial|${call.callSid}`, status, right: status === 200 }];
};

const run = async (stage, { first, trials, slack, say }) => {
  const house = await House.open(stage);
  const client = new TwilioClient(house.url, { retries: 0 });
  await house.hub.leave();
  const history = [];
  const took = { refused: [], hung: [] };
  for (let trial = 0; trial < trials; trial += 1) {
    const [how, goAway] = AWAY[(first - 1 + trial) % AWAY.length];
    await goAway(house);
    const webhooks = await callAtStart(house, client, house.lines[trial % house.lines.length]);
    history.push(...webhooks);
    took[how].push(webhooks[0].tookMs);
    await house.hub.end();
    await house.database.heal();
    if ((trial + 1) % 10 === 0) say(`${trial + 1} of ${trials} starts`);
  }
  await house.hub.start();
  await house.known.flush();
  const seen = await settle(house, history, { withinMs: 60_000, healMs: 0 });
  client.close();
  await house.close();
  const wrong = history.filter(({ right }) => !right).map(({ event, status }) => `${event}: ${status}`);
  const slowest = Object.values(took).map((times) => Math.max(...times));
  return {
    counts: countsOf(seen),
    latency: Object.fromEntries(Object.entries(took).map(([how, times]) => [how, latencyOf(times)])),
    checks: [
      none(`of ${history.length} webhooks without the right answer`, wrong),
      target(
        `a call is answered within ${WITHIN_MS / 1_000} s of the start`,
        slowest.every((ms) => ms <= WITHIN_MS * slack),
        `${slowest.map(Math.round).join(' and ')} ms`,
      ),
      ...invariantsOf(seen),
    ],
  };
};

/** Started while PostgreSQL is away, killed once it has answered a call, and again; what came is there in the end. */
export const coldStart = {
  fault: 'started without PostgreSQL, which refuses connections or takes them and says nothing; then killed',
  unit: 'starts',
  must: 'calls answered rightly within 3 s of the start; 0 lost, 0 doubled',
  full: { trials: 300, batch: 100 },
  short: { trials: 2 },
  msFor: ({ trials }) => 180_000 + trials * 10_000,
  run,
};
