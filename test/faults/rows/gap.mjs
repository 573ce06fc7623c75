import { target } from '../../bench/figures.mjs';
import { inboundText, newCall } from '../../bench/missed-call-flow.mjs';
import { clock, randomFrom } from '../../bench/open-loop.mjs';
import { eventually, pause } from '../../bench/stage.mjs';
import { settle, visibleIn } from '../evidence.mjs';
import { House } from '../house.mjs';
import { countsOf, invariantsOf, latencyOf } from '../judgement.mjs';
import { Traffic } from '../traffic.mjs';
import { TwilioClient } from '../twilio-client.mjs';

const WITHIN_MS = 120_000;
const BEFORE_MS = 2_000;
/** So many of the texts come by webhook as well, late, while the import is on its way. */
const LATE_SHARE = 0.1;

const gone = (kind, call) =>
  kind === 'text'
    ? { kind, event: `sms.incoming|${call.textSid}`, sid: call.textSid, from: call.from, status: 0, call }
    : { kind, event: `call.incoming|${call.callSid}`, sid: call.callSid, from: call.from, status: 0, call };

/** What Twilio could not tell the hub while it was down, spread over that time. */
const missAll = async (house, { seed, texts, calls, downMs }) => {
  const random = randomFrom(seed);
  const kinds = [
    ...Array.from({ length: texts }, () => 'text'),
    ...Array.from({ length: calls }, () => 'call'),
  ];
  const missed = [];
  for (const [index, kind] of kinds.toSorted(() => random() - 0.5).entries()) {
    const line = house.lines[index % house.lines.length];
    const one = gone(kind, newCall(line.number));
    missed.push(one);
    const { call } = one;
    if (kind === 'text')
      house.known.add({ kind, sid: call.textSid, from: call.from, to: call.to, body: 'Are you there?' });
    else house.known.add({ kind, sid: call.callSid, from: call.from, to: call.to, status: 'no-answer' });
    await pause(downMs / kinds.length);
  }
  await house.known.flush();
  return missed;
};

/** Twilio tries a text's webhook once more, late: it and the import must count as one. */
const bringLate = async (house, missed) => {
  const client = new TwilioClient(house.url);
  const texts = missed.filter(({ kind }) => kind === 'text');
  const late = texts.slice(0, Math.ceil(texts.length * LATE_SHARE));
  for (const one of late) {
    const { status } = await client.post('/webhooks/twilio/sms', inboundText(one.call, 'Are you there?'));
    one.status = status;
  }
  client.close();
};

const importedOf = async (database, missed) => {
  const { texts, calls } = await visibleIn(database);
  return missed.filter(({ kind, sid }) =>
    kind === 'text' ? (texts.get(sid)?.entries ?? 0) > 0 : calls.has(sid),
  );
};

/** @returns how long after the start each was there, in milliseconds; those that never came have none */
const awaitImport = async (database, missed, startedAt) => {
  const cameAfter = new Map();
  await eventually(
    async () => {
      for (const { event } of await importedOf(database, missed))
        if (!cameAfter.has(event)) cameAfter.set(event, clock() - startedAt);
      return cameAfter.size === missed.length;
    },
    WITHIN_MS,
    250,
  );
  return [...cameAfter.values()];
};

const run = async (stage, { seed, first, texts, calls, downMs, say }) => {
  const house = await House.open(stage);
  const client = new TwilioClient(house.url);
  const traffic = new Traffic({ client, lines: house.lines, seed, known: house.known.add }).start();
  await pause(BEFORE_MS);
  const history = await traffic.stop();
  client.close();
  await house.hub.leave();
  say(`down for ${downMs / 1_000} s`);
  const missed = await missAll(house, { seed: seed * 1_000 + first, texts, calls, downMs });
  await house.hub.start();
  const { startedAt } = house.hub;
  const database = await stage.connectTo(house.databaseUrl);
  const [times] = await Promise.all([awaitImport(database, missed, startedAt), bringLate(house, missed)]);
  await database.end();
  const seen = await settle(house, [...history, ...missed], { withinMs: 20_000, healMs: 0, quietMs: 3_000 });
  await house.close();
  const absent = missed.length - times.length;
  return {
    counts: { ...countsOf(seen), missed: missed.length, imported: times.length },
    latency: { importedAfterStart: latencyOf(times) },
    checks: [
      target(
        `all ${missed.length} imported within ${WITHIN_MS / 1_000} s of the start`,
        absent === 0,
        `${absent} were not`,
      ),
      ...invariantsOf(seen),
    ],
  };
};

/** The server is down while texts and calls come in. */
export const gap = {
  fault: 'the server is down for 5 minutes: 200 texts and 50 calls missed',
  unit: 'gaps',
  must: 'all imported within 120 s of the start, none twice',
  full: { trials: 5, batch: 1, texts: 200, calls: 50, downMs: 300_000 },
  short: { trials: 1, texts: 40, calls: 10, downMs: 2_000 },
  counted: { missed: 'texts and calls' },
  msFor: ({ downMs }) => 300_000 + downMs,
  run,
};
