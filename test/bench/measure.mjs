import { summaryOf } from './figures.mjs';
import { clock, openLoop } from './open-loop.mjs';
import { cpuMs, peakMiB, postgresCpuMs } from './proc.mjs';
import { eventually, pause } from './stage.mjs';
import { WebhookSender } from './webhooks.mjs';

const SETTLED_WITHIN_MS = 20_000;
/** `queued`, `sent` and `delivered`: what the sandbox reports of each text. */
const CALLBACKS_PER_TEXT = 3;

const cpuOf = ({ web, worker }, { postmaster }) => ({
  web: cpuMs(web.pid),
  worker: worker === null ? 0 : cpuMs(worker.pid),
  postgres: postgresCpuMs(postmaster),
});

const cpuAt = async (system, stage, at) => {
  await pause(Math.max(0, at - clock()));
  return cpuOf(system, stage);
};

const within = ({ from, to }, at) => at >= from && at < to;

/** Waits until every call was texted and every text's callbacks came. */
const settle = ({ sandbox }, calls) =>
  eventually(
    async () => (await sandbox.callbacks()).length >= calls * CALLBACKS_PER_TEXT,
    SETTLED_WITHIN_MS,
    250,
  );

const keptIn = async (stage, { databaseUrl }) => {
  const client = await stage.connectTo(databaseUrl);
  const { rows } = await client.query('select count(*)::int as kept from webhook_keys');
  await client.end();
  return rows[0].kept;
};

const kindsOf = (counted) => {
  const kinds = Map.groupBy(counted, ({ kind }) => kind);
  return [...kinds].map(([kind, of]) => ({ kind, ...summaryOf(of.map(({ ms }) => ms)) }));
};

/**
 * Loads a system and measures it between the end of the warm-up and the end of the load.
 * `webhooks` counts what was sent in that time, the sandbox's callbacks about the texts included; latencies are
 * those of our own webhooks; errors and losses are counted over all of it.
 */
export const measure = async (stage, system, { rate, seconds, warmUp, seed }) => {
  const sender = new WebhookSender(system.url);
  const startAt = clock() + 300;
  const span = { from: startAt + warmUp * 1_000, to: startAt + (warmUp + seconds) * 1_000 };
  const before = cpuAt(system, stage, span.from);
  const after = cpuAt(system, stage, span.to);
  const load = { sender, numbers: system.numbers, rate, seconds: warmUp + seconds, startAt, seed };
  const { calls, results } = await openLoop(load);
  const settled = await settle(system, calls);
  const callbacks = await system.sandbox.callbacks();
  const texts = await system.sandbox.texts();
  sender.close();
  const counted = results.filter(({ dueAt }) => within(span, dueAt));
  const called = callbacks.filter(({ sentAt }) => within(span, Date.parse(sentAt)));
  const [from, to] = [await before, await after];
  const webhooks = counted.length + called.length;
  const perWebhook = (part) => (to[part] - from[part]) / webhooks;
  return {
    name: system.name,
    webhooks,
    sent: counted.length,
    perSecond: webhooks / seconds,
    latency: summaryOf(counted.map(({ ms }) => ms)),
    kinds: kindsOf(counted),
    cpu: { web: perWebhook('web'), worker: perWebhook('worker'), postgres: perWebhook('postgres') },
    peak: { web: peakMiB(system.web.pid), worker: system.worker === null ? 0 : peakMiB(system.worker.pid) },
    errors: [
      ...results.flatMap(({ error }) => (error === null ? [] : [error])),
      ...callbacks
        .filter(({ status }) => status !== 200)
        .map(({ status, error }) => `callback: ${status} ${error}`),
    ],
    settled,
    calls,
    texts: texts.length,
    texted: new Set(texts.map(({ to: number }) => number)).size,
    lost: results.length + callbacks.length - (await keptIn(stage, system)),
    said: system.web.said + (system.worker?.said ?? ''),
  };
};
