/**
 * What somebody would write by hand for the same missed call: Express 5, Twilio's own middleware and SDK, pg with
 * prepared statements, every webhook kept once by a unique key and its change committed before it is answered.
 */
import express from 'express';
import pg from 'pg';
import twilio from 'twilio';

const { PORT, PUBLIC_URL, DATABASE_URL, BUSINESSES } = process.env;
const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_API_BASE_URL } = process.env;

const businesses = new Map(JSON.parse(BUSINESSES).map((business) => [business.number, business]));
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });

const SCHEMA = `
  create table if not exists webhook_keys (key text primary key, received_at timestamptz not null default now());
  create table if not exists calls (
    id bigint generated always as identity primary key,
    call_sid text not null unique,
    business_number text not null,
    caller text not null,
    status text not null default 'ringing',
    outcome text,
    dial_status text,
    duration_seconds int,
    started_at timestamptz not null default now(),
    ended_at timestamptz);
  create table if not exists call_legs (
    leg_sid text primary key,
    call_sid text not null,
    to_number text not null,
    status text not null,
    updated_at timestamptz not null default now());
  create table if not exists conversations (
    id bigint generated always as identity primary key,
    business_number text not null,
    customer_number text not null,
    last_message_at timestamptz not null default now(),
    unique (business_number, customer_number));
  create table if not exists messages (
    id bigint generated always as identity primary key,
    conversation_id bigint not null references conversations,
    direction text not null,
    body text not null,
    dedup_key text not null unique,
    message_sid text unique,
    status text not null,
    error_code text,
    created_at timestamptz not null default now());
  create index if not exists messages_conversation on messages (conversation_id, created_at)`;

/** Statements that PostgreSQL parses once per connection. */
const prepared = (name, text) => (client, values) => client.query({ name, text, values });

const keep = prepared('keep', 'insert into webhook_keys (key) values ($1) on conflict do nothing');
const insertCall = prepared(
  'insert-call',
  `insert into calls (call_sid, business_number, caller) values ($1, $2, $3) on conflict (call_sid) do nothing`,
);
const upsertLeg = prepared(
  'upsert-leg',
  `insert into call_legs (leg_sid, call_sid, to_number, status) values ($1, $2, $3, $4)
   on conflict (leg_sid) do update set status = excluded.status, updated_at = now()
   where array_position(array['initiated', 'ringing', 'in-progress'], call_legs.status) is not null`,
);
const dialCall = prepared(
  'dial-call',
  `update calls set dial_status = $2, outcome = $3, status = 'ended', ended_at = now()
   where call_sid = $1 and outcome is null returning business_number, caller`,
);
const endCall = prepared(
  'end-call',
  `update calls set status = 'ended', duration_seconds = $2, ended_at = coalesce(ended_at, now()) where call_sid = $1`,
);
const upsertConversation = prepared(
  'upsert-conversation',
  `insert into conversations (business_number, customer_number) values ($1, $2)
   on conflict (business_number, customer_number) do update set last_message_at = now() returning id`,
);
const insertMessage = prepared(
  'insert-message',
  `insert into messages (conversation_id, direction, body, dedup_key, message_sid, status) values ($1, $2, $3, $4, $5, $6)
   on conflict (dedup_key) do nothing returning id`,
);
const bindMessage = prepared(
  'bind-message',
  `update messages set message_sid = $2, status = case when status = 'queued' then 'accepted' else status end where id = $1`,
);
const failMessage = prepared(
  'fail-message',
  `update messages set status = 'failed', error_code = $2 where id = $1`,
);
const climbMessage = prepared(
  'climb-message',
  `update messages set message_sid = $2, status = $3, error_code = $4 where id = $1
   and array_position(array['queued', 'accepted', 'sending', 'sent', 'delivered', 'undelivered', 'failed'], status)
     < array_position(array['queued', 'accepted', 'sending', 'sent', 'delivered', 'undelivered', 'failed'], $3)`,
);

/** Applies a webhook once, all or nothing; a repeated one changes nothing. */
const once = async (key, apply) => {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { rowCount } = await keep(client, [key]);
    const result = rowCount === 1 ? await apply(client) : undefined;
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
};

/** The SDK's own client, sent to another origin. */
class Elsewhere extends twilio.RequestClient {
  request(options) {
    const { pathname, search } = new URL(options.uri);
    return super.request({ ...options, uri: `${TWILIO_API_BASE_URL}${pathname}${search}` });
  }
}
const sdk = twilio(TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, { httpClient: new Elsewhere() });

const send = async ({ id, from, to, body }) => {
  try {
    const statusCallback = `${PUBLIC_URL}/webhooks/twilio/sms/status?message=${id}`;
    const { sid } = await sdk.messages.create({ from, to, body, statusCallback });
    await bindMessage(pool, [id, sid]);
  } catch (error) {
    console.error('a text was not sent', error);
    await failMessage(pool, [id, String(error.code ?? '')]).catch(console.error);
  }
};

const answer = (response, twiml) => response.type('text/xml').send(twiml.toString());

const incoming = async ({ body: { CallSid, From = '', To } }, response) => {
  const twiml = new twilio.twiml.VoiceResponse();
  const business = businesses.get(To);
  if (business === undefined) {
    twiml.reject();
    return answer(response, twiml);
  }
  await once(`call/${CallSid}`, (client) => insertCall(client, [CallSid, To, From]));
  const action = `${PUBLIC_URL}/webhooks/twilio/call/dial`;
  const statusCallback = `${PUBLIC_URL}/webhooks/twilio/call/status/${CallSid}`;
  const statusCallbackEvent = ['initiated', 'ringing', 'answered', 'completed'];
  const dial = twiml.dial({ timeout: 20, action, answerOnBridge: true });
  dial.number({ statusCallback, statusCallbackEvent }, business.forwardTo);
  return answer(response, twiml);
};

/** Missed: the thread and its text are committed with the verdict, and sent after the answer. */
const dialed = async ({ body: { CallSid, DialCallStatus, DialBridged } }, response) => {
  const missed = DialCallStatus !== 'completed' && DialBridged !== 'true';
  const text = await once(`dial/${CallSid}`, async (client) => {
    const ended = await dialCall(client, [CallSid, DialCallStatus, missed ? 'missed' : 'answered']);
    const call = ended.rows[0];
    if (!missed || call === undefined) return undefined;
    const { business_number: from, caller: to } = call;
    const conversation = await upsertConversation(client, [from, to]);
    const body = `Sorry we missed your call to ${businesses.get(from)?.name}. How can we help? Reply STOP to opt out.`;
    const values = [conversation.rows[0].id, 'outbound', body, `text-back/${CallSid}`, null, 'queued'];
    const { id } = (await insertMessage(client, values)).rows[0] ?? {};
    return id === undefined ? undefined : { id, from, to, body };
  });
  const twiml = new twilio.twiml.VoiceResponse();
  twiml.hangup();
  answer(response, twiml);
  if (text !== undefined) void send(text);
};

const legStatus = async ({ body: { CallSid, To, CallStatus }, params: { callSid } }, response) => {
  await once(`leg/${CallSid}/${CallStatus}`, (client) =>
    upsertLeg(client, [CallSid, callSid, To, CallStatus]),
  );
  answer(response, new twilio.twiml.VoiceResponse());
};

const callStatus = async ({ body: { CallSid, CallStatus, CallDuration } }, response) => {
  await once(`status/${CallSid}/${CallStatus}`, (client) => endCall(client, [CallSid, CallDuration ?? null]));
  answer(response, new twilio.twiml.VoiceResponse());
};

const text = async ({ body: { MessageSid, From, To, Body = '' } }, response) => {
  await once(`text/${MessageSid}`, async (client) => {
    const { rows } = await upsertConversation(client, [To, From]);
    await insertMessage(client, [rows[0].id, 'inbound', Body, `in/${MessageSid}`, MessageSid, 'received']);
  });
  answer(response, new twilio.twiml.MessagingResponse());
};

const textStatus = async (
  { query: { message }, body: { MessageSid, MessageStatus, ErrorCode } },
  response,
) => {
  const key = `text-status/${MessageSid}/${MessageStatus}`;
  await once(key, (client) => climbMessage(client, [message, MessageSid, MessageStatus, ErrorCode ?? null]));
  answer(response, new twilio.twiml.MessagingResponse());
};

const { host, protocol } = new URL(PUBLIC_URL);
const webhooks = express.Router();
webhooks.use(express.urlencoded({ extended: false }));
webhooks.use(twilio.webhook(TWILIO_AUTH_TOKEN, { host, protocol: protocol.slice(0, -1) }));
webhooks.post('/call', incoming);
webhooks.post('/call/dial', dialed);
webhooks.post('/call/status/:callSid', legStatus);
webhooks.post('/call/status', callStatus);
webhooks.post('/sms', text);
webhooks.post('/sms/status', textStatus);

const app = express().disable('x-powered-by').disable('etag');
app.use('/webhooks/twilio', webhooks);
app.use((error, _request, response, _next) => {
  console.error(error);
  response.sendStatus(500);
});

await pool.query(SCHEMA);
const server = app.listen(Number(PORT), () => console.log(`The baseline listens on ${PUBLIC_URL}`));
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
