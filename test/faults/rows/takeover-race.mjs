import { target } from '../../bench/figures.mjs';
import { inboundText, newCall } from '../../bench/missed-call-flow.mjs';
import { clock, until } from '../../bench/open-loop.mjs';
import { eventually, pause } from '../../bench/stage.mjs';
import { acceptedAt } from '../evidence.mjs';
import { House } from '../house.mjs';
import { latencyOf, none } from '../judgement.mjs';
import { TwilioClient } from '../twilio-client.mjs';
import { randomOf } from '../under-load.mjs';

const JITTER_MS = 50;
const KNOWN_WITHIN_MS = 10_000;
const SENT_WITHIN_MS = 60_000;
const LATE_MS = 10_000;
/** How long an AI text that should not be is waited for. */
const AFTERWARDS_MS = 3_000;
const REPLY = 'On my way';

/** Notes in the transaction itself that made a human's reply, or an AI text's attempt: their own rows change later. */
const NOTES = `
  create table race_notes (what text, conversation_id uuid, made_in xid8 default pg_current_xact_id());
  create function note_reply() returns trigger language plpgsql security definer as $$ begin
    if new.author = 'human' then insert into race_notes values ('reply', new.conversation_id); end if;
    return null; end $$;
  create function note_attempt() returns trigger language plpgsql security definer as $$ begin
    insert into race_notes select 'attempt', conversation_id from messages
      where tenant_id = new.tenant_id and id = new.message_id and author = 'ai';
    return null; end $$;
  create trigger note_reply after insert on messages for each row execute function note_reply();
  create trigger note_attempt after insert on message_attempts for each row execute function note_attempt();`;
const ARMED = `
  select id, extract(epoch from ai_takeover_at)::float8 * 1000 as due from conversations
  where customer_number = $1 and ai_takeover_at is not null`;
const HANDED = 'select handler from conversations where id = $1';
/** By the times of the commits (track_commit_timestamp), in milliseconds: what came first in each conversation. */
const COMMITS = `
  with notes as (select conversation_id, what, extract(epoch from pg_xact_commit_timestamp(made_in::xid))::float8 * 1000 as at
    from race_notes)
  select conversation_id as id, count(*) filter (where what = 'reply')::int as replies,
    max(at) filter (where what = 'reply') as replied,
    coalesce(array_agg(at) filter (where what = 'attempt'), '{}') as attempts
  from notes group by 1`;

/** When somebody of the business replies: around the timer, or just after the AI was handed the conversation. */
const MOMENTS = [
  ({ due }, database, random) => until(due + (random() * 2 - 1) * JITTER_MS),
  async ({ id, due }, database, random) => {
    await until(due);
    await eventually(async () => (await database.query(HANDED, [id])).rows[0]?.handler === 'ai', 5_000, 5);
    await pause(random() * JITTER_MS);
  },
];

/** One customer writes; the timer is armed. */
const begin = async ({ client }, database, line) => {
  const call = newCall(line.number);
  const { status } = await client.post('/webhooks/twilio/sms', inboundText(call));
  if (status !== 200) throw new Error(`A text was answered ${status}.`);
  let armed;
  const isArmed = async () => {
    [armed] = (await database.query(ARMED, [call.from])).rows;
    return armed !== undefined;
  };
  if (!(await eventually(isArmed, KNOWN_WITHIN_MS, 20))) throw new Error('A timer was not armed.');
  return { ...armed, from: call.from };
};

const race = async (parts, database, line) => {
  const moment = MOMENTS[Math.floor(parts.random() * MOMENTS.length)];
  const conversation = await begin(parts, database, line);
  await moment(conversation, database, parts.random);
  const sentAt = clock();
  const path = `/v1/conversations/${conversation.id}/messages`;
  await parts.house.api(path, { body: REPLY }, { key: line.key });
  return { ...conversation, sentAt, tookMs: clock() - sentAt };
};

const raceMany = async (parts, { trials: count, atOnce, say }) => {
  const { house, random } = parts;
  const done = [];
  let started = 0;
  const lane = async () => {
    await pause(random() * 1_500);
    const database = await house.stage.connectTo(house.databaseUrl);
    while (started < count) {
      started += 1;
      done.push(await race(parts, database, house.lines[started % house.lines.length]));
      if (done.length % 500 === 0) say(`${done.length} of ${count} races`);
    }
    await database.end();
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
  return done;
};

/** Which way a race went. `late`: an AI text's attempt was committed after the reply's commit. */
const endOf = (id, { replies = 0, replied = 0, attempts = [] } = {}) => ({
  id,
  replies,
  ai: attempts.length,
  late: attempts.some((at) => at > replied),
  close: attempts.some((at) => Math.abs(at - replied) <= JITTER_MS),
});

const run = async (stage, { seed, first, trials, atOnce, slack, say }) => {
  const settings = { aiEnabled: true, aiTakeoverSeconds: 1, aiReclaimSeconds: null };
  const house = await House.open(stage, { tenants: 20, settings });
  const database = await stage.connectTo(house.databaseUrl);
  await database.query(NOTES);
  const client = new TwilioClient(house.url);
  const parts = { house, client, random: randomOf({ seed, first }) };
  const races = await raceMany(parts, { trials, atOnce, say });
  const areSent = async () => notOnceIn(races, await acceptedAt(house.sandbox)).length === 0;
  await eventually(areSent, SENT_WITHIN_MS, 500);
  await pause(AFTERWARDS_MS);
  const commits = new Map((await database.query(COMMITS)).rows.map(({ id, ...rest }) => [id, rest]));
  const sent = await acceptedAt(house.sandbox);
  client.close();
  await database.end();
  await house.close();
  return outcomeOf(
    races,
    races.map(({ id }) => endOf(id, commits.get(id))),
    sent,
    slack,
  );
};

/** When each reply went out, by customer. */
const wentOut = (sent) =>
  Map.groupBy(
    sent.filter(({ body }) => body === REPLY),
    ({ to }) => to,
  );

/** Customers to whom the reply did not go out exactly once. */
const notOnceIn = (races, sent) => {
  const replies = wentOut(sent);
  const countOf = ({ from }) => (replies.get(from) ?? []).length;
  return races.filter((one) => countOf(one) !== 1).map((one) => `${one.from} ${countOf(one)} times`);
};

const outcomeOf = (races, ends, sent, slack) => {
  const namesOf = (isSo) => ends.filter(isSo).map(({ id }) => id);
  const late = namesOf((end) => end.late);
  const aiFirst = namesOf(({ ai, late: isLate }) => ai > 0 && !isLate).length;
  const humanFirst = namesOf(({ ai }) => ai === 0).length;
  const close = namesOf((end) => end.close).length;
  const replies = wentOut(sent);
  const delays = races.flatMap(({ from, sentAt }) => (replies.get(from) ?? []).map(({ at }) => at - sentAt));
  return {
    counts: { late: late.length, aiFirst, humanFirst, within50Ms: close },
    latency: { answered: latencyOf(races.map(({ tookMs }) => tookMs)), 'reply to Twilio': latencyOf(delays) },
    checks: [
      none("AI texts whose attempt was committed after the reply's commit", late),
      none(
        'replies not committed once',
        namesOf(({ replies }) => replies !== 1),
      ),
      none('replies not sent once', notOnceIn(races, sent)),
      none(
        `replies sent later than ${LATE_MS / 1_000} s`,
        delays.filter((ms) => ms > LATE_MS).map((ms) => `${Math.round(ms)} ms`),
      ),
      none(
        'conversations in which the AI spoke twice',
        namesOf(({ ai }) => ai > 1),
      ),
      // on a machine that does something else as well, the AI's turn begins too late to win
      ...(slack > 1
        ? []
        : [
            target(
              'both sides won some',
              aiFirst > 0 && humanFirst > 0,
              `AI ${aiFirst}, human ${humanFirst}`,
            ),
          ]),
    ],
  };
};

/** A human's reply against the takeover timer: half of them around the timer, half just after the AI was handed it. */
export const takeoverRace = {
  fault: "a human's reply at ±50 ms of the takeover timer, or up to 50 ms after the AI's turn began",
  unit: 'races',
  must: "0 AI texts whose attempt was committed after the reply's commit",
  postgres: ['track_commit_timestamp = on'],
  full: { trials: 10_000, batch: 1_000, atOnce: 24 },
  short: { trials: 42, atOnce: 6 },
  msFor: ({ trials }) => 120_000 + trials * 200,
  run,
};
