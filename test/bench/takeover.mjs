import { fixed, judge, summaryOf, table, target } from './figures.mjs';
import { startHubSystem } from './hub-system.mjs';
import { inboundText, newCall } from './missed-call-flow.mjs';
import { clock } from './open-loop.mjs';
import { eventually, onStage, pause } from './stage.mjs';
import { WebhookSender } from './webhooks.mjs';

const AFTER_SECONDS = 5;
const LATEST_SECONDS = 6;
/** How long a second, wrong takeover is waited for. */
const AFTERWARDS_MS = 3_000;
const MOST_TRIES = 5;

const TAKEOVERS = `select count(*)::int as count from conversation_entries where kind = 'handler' and data->>'to' = 'ai'`;
/** The commit of the row that hands over, against the first text's time, which is what the wait counts from. */
const WAITS = `
  select c.id, extract(epoch from pg_xact_commit_timestamp(e.xmin) - m.since)::float8 as seconds
  from conversations c
  join lateral (select min(created_at) as since from messages m
    where m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.direction = 'inbound') m on true
  left join conversation_entries e on e.tenant_id = c.tenant_id and e.conversation_id = c.id
    and e.kind = 'handler' and e.data->>'to' = 'ai'`;

/** Sends one text, and again when the hub says that it cannot keep it now (503), as Twilio does at its fallback. */
const insist = async (sender, call) => {
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const { status } = await sender.post('/webhooks/twilio/sms', inboundText(call));
    if (status === 200) return tries - 1;
  }
  throw new Error(`A text was refused ${MOST_TRIES} times.`);
};

/** All texts as fast as the hub takes them in, so many at once. */
const textAll = async ({ url, numbers }, { conversations, atOnce }) => {
  const sender = new WebhookSender(url);
  const startedAt = clock();
  let [sent, refused] = [0, 0];
  const line = async () => {
    while (sent < conversations) {
      const call = newCall(numbers[sent % numbers.length]);
      sent += 1;
      refused += await insist(sender, call);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, line));
  sender.close();
  return { refused, tookMs: clock() - startedAt };
};

/** A thousand customers write at once; the AI takes each over at its own time, once. */
export const takeover = ({ conversations, atOnce, tenants }) =>
  onStage(
    async (stage) => {
      const system = await startHubSystem(stage, {
        tenants,
        settings: { aiEnabled: true, aiTakeoverSeconds: AFTER_SECONDS },
      });
      const database = await stage.connectTo(system.databaseUrl);
      const { refused, tookMs } = await textAll(system, { conversations, atOnce });
      await eventually(
        async () => (await database.query(TAKEOVERS)).rows[0].count >= conversations,
        60_000,
        500,
      );
      await pause(AFTERWARDS_MS);
      const { rows } = await database.query(WAITS);
      await eventually(async () => (await system.sandbox.texts()).length >= conversations, 30_000, 500);
      const texts = await system.sandbox.texts();
      await database.end();
      await system.stop();
      report({ conversations, atOnce, refused, tookMs, rows, texts });
    },
    ['track_commit_timestamp = on'],
  );

const report = ({ conversations, atOnce, refused, tookMs, rows, texts }) => {
  const taken = rows.filter(({ seconds }) => seconds !== null);
  const known = new Set(rows.map(({ id }) => id)).size;
  const doubled = taken.length - new Set(taken.map(({ id }) => id)).size;
  const outside = taken.filter(({ seconds }) => seconds < AFTER_SECONDS || seconds > LATEST_SECONDS).length;
  const { count, min, p50, p99, max } = summaryOf(taken.map(({ seconds }) => seconds));
  console.log(
    `  ${conversations} texts, ${atOnce} at once, taken in within ${fixed(tookMs / 1_000, 2)} s (${refused} refused and sent again), ${known} conversations, ${texts.length} AI texts sent`,
  );
  const heads = ['seconds, by the database', 'count', 'min', 'P50', 'P99', 'max'];
  const times = [min, p50, p99, max].map((seconds) => fixed(seconds, 3));
  console.log(table([heads, ['first text to committed takeover', count, ...times]]));
  judge([
    target(`within [${AFTER_SECONDS}, ${LATEST_SECONDS}] s`, outside === 0, `${outside} outside`),
    target(
      'each exactly once',
      count === conversations && doubled === 0,
      `${count} takeovers, ${doubled} doubled`,
    ),
    target(
      'each answered once',
      new Set(texts.map(({ to }) => to)).size === conversations && texts.length === conversations,
      `${texts.length} texts`,
    ),
  ]);
};
