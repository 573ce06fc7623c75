import { existsSync } from 'node:fs';

import { target } from '../../bench/figures.mjs';
import { inboundText, newCall } from '../../bench/missed-call-flow.mjs';
import { eventually, pause } from '../../bench/stage.mjs';
import { acceptedAt } from '../evidence.mjs';
import { House } from '../house.mjs';
import { latencyOf, none } from '../judgement.mjs';
import { TwilioClient } from '../twilio-client.mjs';

const SECONDS = 90;
const AFTER_SECONDS = 3;
const LATEST_SECONDS = 5;
const AT_ONCE = 8;
const AFTERWARDS_MS = 3_000;
const LIBRARY = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/faketime/libfaketime.so.1',
].find((path) => existsSync(path));

/** By the database's clock: from the first text to the commit that hands over (track_commit_timestamp). */
const TAKEOVERS = `
  select e.conversation_id as id, (extract(epoch from pg_xact_commit_timestamp(e.xmin) - m.since) * 1000)::float8 as ms
  from conversation_entries e
  join lateral (select min(created_at) as since from messages m
    where m.tenant_id = e.tenant_id and m.conversation_id = e.conversation_id and m.direction = 'inbound') m on true
  where e.kind = 'handler' and e.data->>'to' = 'ai'`;

/** The environment under which a process's wall clock is so many seconds off, and its monotonic one is not. */
const off = (seconds) => ({
  LD_PRELOAD: LIBRARY,
  FAKETIME: `${seconds > 0 ? '+' : ''}${seconds}s`,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

const textAll = async ({ url, lines }, count) => {
  const client = new TwilioClient(url);
  let sent = 0;
  const lane = async () => {
    while (sent < count) {
      const call = newCall(lines[sent % lines.length].number);
      sent += 1;
      const { status } = await client.post('/webhooks/twilio/sms', inboundText(call));
      if (status !== 200) throw new Error(`A text was answered ${status}.`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  client.close();
};

const run = async (stage, { trials, say }) => {
  if (LIBRARY === undefined) return { skipped: 'faketime is not installed' };
  const settings = { aiEnabled: true, aiTakeoverSeconds: AFTER_SECONDS, aiReclaimSeconds: null };
  const skews = [off(SECONDS), off(-SECONDS)];
  const prepare = (hub, index) => Object.assign(hub.env, skews[index]);
  const house = await House.open(stage, { instances: ['all', 'all'], balanced: true, settings, prepare });
  const database = await stage.connectTo(house.databaseUrl);
  await textAll(house, trials);
  say(`${trials} texts taken in by two instances, ${2 * SECONDS} s apart`);
  const rows = async () => (await database.query(TAKEOVERS)).rows;
  await eventually(async () => (await rows()).length >= trials, 60_000, 250);
  await eventually(async () => (await acceptedAt(house.sandbox)).length >= trials, 30_000, 250);
  await pause(AFTERWARDS_MS);
  const taken = await rows();
  const texts = await acceptedAt(house.sandbox);
  await database.end();
  await house.close();
  return outcomeOf(taken, texts, trials);
};

const outcomeOf = (taken, texts, trials) => {
  const times = taken.map(({ ms }) => ms);
  const wrong = times.filter((ms) => ms < AFTER_SECONDS * 1_000 || ms > LATEST_SECONDS * 1_000);
  const once = new Set(taken.map(({ id }) => id)).size;
  const spoken = new Set(texts.map(({ to }) => to)).size;
  return {
    counts: { takeovers: taken.length, texts: texts.length },
    latency: { takeover: latencyOf(times) },
    checks: [
      target(
        'every timer fired once',
        once === trials && taken.length === trials,
        `${taken.length} for ${once} of ${trials}`,
      ),
      none(
        `outside ${AFTER_SECONDS} to ${LATEST_SECONDS} s`,
        wrong.map((ms) => `${Math.round(ms)} ms`),
      ),
      target(
        'every customer was answered once',
        spoken === trials && texts.length === trials,
        `${texts.length} texts to ${spoken}`,
      ),
    ],
  };
};

/** Two instances whose clocks are three minutes apart. */
export const clockSkew = {
  fault: 'two instances whose clocks are 90 s fast and 90 s slow',
  unit: 'takeover timers',
  must: 'every timer fires once and in time',
  postgres: ['track_commit_timestamp = on'],
  full: { trials: 1_000, batch: 250 },
  short: { trials: 40 },
  msFor: ({ trials }) => 240_000 + trials * 100,
  run,
};
