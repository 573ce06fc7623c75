import { clock } from '../bench/open-loop.mjs';
import { eventually, pause } from '../bench/stage.mjs';
import { judgeHistory } from './checker.ts';

const EVENTS = `
  select concat_ws('|', kind, case when kind like 'sms.%' then params->>'MessageSid' else params->>'CallSid' end,
    case kind when 'call.status' then params->>'CallStatus' when 'sms.status' then params->>'MessageStatus' end) as event,
    count(*)::int as rows
  from webhook_events where verdict in ('applied', 'unowned') group by 1`;
const TEXTS = `
  select m.message_sid as sid, count(distinct m.id)::int as rows, count(e.seq)::int as entries
  from messages m left join conversation_entries e on e.tenant_id = m.tenant_id and e.message_id = m.id
  where m.direction = 'inbound' group by 1`;
const CALLS = `
  select c.call_sid as sid, count(distinct c.id)::int as rows, count(e.seq)::int as entries, max(c.outcome) as outcome
  from calls c left join conversation_entries e on e.tenant_id = c.tenant_id and e.call_id = c.id group by 1`;
const INTENTS = `
  select m.id, k.number as to, m.status, m.error_code as "errorCode"
  from messages m join contacts k on k.tenant_id = m.tenant_id and k.id = m.contact_id where m.direction = 'outbound'`;
/** What is due soon is under way too: a call that was imported is judged five seconds later, and then texted. */
const BUSY = `
  select (select count(*)::int from graphile_worker._private_jobs
      where run_at <= now() + interval '10 seconds' and attempts < max_attempts) as jobs,
    (select count(*)::int from webhook_events where verdict = 'unowned') as unowned,
    (select count(*)::int from webhook_events where verdict = 'failed') as failed,
    (select count(*)::int from graphile_worker._private_jobs where attempts >= max_attempts) as dead`;

/** All that the database has of a call or text, for whoever has to find out why it was lost. */
const STORY = {
  calls: 'select * from calls where call_sid = $1',
  events:
    'select kind, params, context, verdict, error, came_at from webhook_events where sid = $1 order by came_at',
  told: `select e.type, e.created_at, e.data from events e join calls c on e.subject_id = c.id where c.call_sid = $1`,
  decisions: `select d.rule, d.name, d.input, d.verdict from decisions d join calls c on d.subject_id = c.id where c.call_sid = $1`,
  jobs: `select j.*, t.identifier from graphile_worker._private_jobs j
    join graphile_worker._private_tasks t on t.id = j.task_id where $1::text is not null`,
  workers: 'select * from workers where $1::text is not null',
};
const MOST_STORIES = 3;
/**
 * What was acknowledged just now, such as a callback of a late text, may be on the hub's disk for some seconds; and the
 * sandbox tells of a callback once it is answered, or was not for 15 s.
 */
const ON_THE_WAY_MS = 20_000;

/** The stories of the first of some events, as lines. */
const storiesOf = async (database, events) => {
  const sids = events.map((event) => event.split(/[| ]/)[1]).slice(0, MOST_STORIES);
  const stories = [];
  for (const sid of sids)
    for (const [name, sql] of Object.entries(STORY))
      stories.push(`${sid} ${name}: ${JSON.stringify((await database.query(sql, [sid])).rows)}`);
  return stories;
};

const bySid = (rows) => new Map(rows.map(({ sid, ...rest }) => [sid, rest]));

/** What the hub shows, read past it from its database: every tenant's rows, and past every fault. */
export const visibleIn = async (database) => {
  const read = async (sql) => (await database.query(sql)).rows;
  return {
    events: new Map((await read(EVENTS)).map(({ event, rows }) => [event, rows])),
    texts: bySid(await read(TEXTS)),
    calls: bySid(await read(CALLS)),
    intents: await read(INTENTS),
  };
};

/** Every text that the sandbox took, at once or late, whatever it answered: what really went out. */
export const acceptedAt = async (sandbox) =>
  (await sandbox.entries('message'))
    .filter(({ direction }) => direction !== 'inbound')
    .map(({ to, body, messageSid, at }) => ({ to, body, sid: messageSid, at: Date.parse(at) }));

/** Every `POST Messages` that came, and the fault that it met, or null. */
export const sendsAt = async (sandbox) =>
  (await sandbox.entries('rest')).filter(({ operation }) => operation === 'messages.create');

/** The sandbox's callbacks about texts, as webhooks that were sent. */
const callbacksOf = async (sandbox) =>
  (await sandbox.entries('webhook')).flatMap(({ params, status, attempts }) =>
    params.MessageStatus === undefined
      ? []
      : [
          {
            kind: 'callback',
            event: `sms.status|${params.MessageSid}|${params.MessageStatus}`,
            sid: params.MessageSid,
            status: status ?? 0,
            attempts,
          },
        ],
  );

/** Everything that is known now, sorted. @param toldOf whose stories are wanted too, of the verdict's events */
export const look = async (house, sent, toldOf = () => []) => {
  const database = await house.stage.connectTo(house.databaseUrl);
  try {
    // what is acknowledged from here on need not be visible yet
    const callbacks = await callbacksOf(house.sandbox);
    const visible = await visibleIn(database);
    const { rows } = await database.query(BUSY);
    const accepted = await acceptedAt(house.sandbox);
    const sends = await sendsAt(house.sandbox);
    const verdict = judgeHistory({ sent: [...sent, ...callbacks], accepted, visible });
    const stories = await storiesOf(database, toldOf(verdict));
    return { verdict, busy: rows[0], accepted, sends, callbacks, stories };
  } finally {
    await database.end();
  }
};

const isQuiet = ({ verdict, busy }, patient) =>
  verdict.lost.length + (patient ? verdict.intents.open : 0) + busy.jobs + busy.unowned === 0;

/**
 * Waits until nothing more is expected to happen, and judges: all that was acknowledged is there, what was refused is
 * imported, no text is on its way. What has not come within the limit does not come.
 * @param sent what the generator sent
 * @param withinMs how long what is under way may take to end
 * @param healMs how long what was refused may take to be imported
 * @param patient whether texts of unknown outcome are waited for
 * @param quietMs how long something too many is waited for after that
 */
export const settle = async (
  house,
  sent,
  { withinMs = 60_000, healMs = withinMs, quietMs = 1_500, patient = true } = {},
) => {
  const startedAt = clock();
  const isDone = (seen) =>
    (isQuiet(seen, patient) || clock() > startedAt + withinMs) &&
    (seen.verdict.missing.length === 0 || clock() > startedAt + healMs);
  let seen = await look(house, sent);
  while (!isDone(seen)) {
    await pause(500);
    seen = await look(house, sent);
  }
  const settledMs = Math.round(clock() - startedAt);
  await pause(quietMs);
  // what was refused, and is given no time to be imported, is no surprise
  const strange = ({ lost, missing }) => (healMs === 0 ? lost : [...lost, ...missing]);
  let told = await look(house, sent, strange);
  const isWhole = async () => {
    const isSo = ({ lost, unexpected }) => lost.length + unexpected.length === 0;
    if (!isSo(told.verdict)) told = await look(house, sent, strange);
    return isSo(told.verdict);
  };
  await eventually(isWhole, ON_THE_WAY_MS);
  const { stories, ...last } = told;
  for (const story of stories) console.log(story);
  if (last.verdict.lost.length > 0) console.log(house.stage.words);
  return { ...last, settledMs };
};
