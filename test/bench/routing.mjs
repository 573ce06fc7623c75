import { fixed, judge, summaryOf, target } from './figures.mjs';
import { startHubSystem } from './hub-system.mjs';
import { newCall, stepsOf } from './missed-call-flow.mjs';
import { clock } from './open-loop.mjs';
import { onStage, pause } from './stage.mjs';
import { WebhookSender } from './webhooks.mjs';

const TARGET_P99_MS = 1_000;
const BOUND_MS = 5_000;
const ASK_EVERY_MS = 10;

const patch = async (url, key, path, body) => {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'PATCH', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`PATCH ${path}: ${answer.status} ${await answer.text()}`);
};

/** Asks one instance with calls until it rings the target; gives how long after `since` that was, in milliseconds. */
const ringsAfter = async (sender, number, target_, since) => {
  for (;;) {
    const [incoming] = stepsOf(newCall(number));
    const { text } = await sender.post(incoming.to(), incoming.params);
    const ms = clock() - since;
    if (text.includes(target_)) return ms;
    if (ms > 2 * BOUND_MS) throw new Error(`After ${fixed(ms)} ms the old target still rings.`);
    await pause(ASK_EVERY_MS);
  }
};

/** A number's target is changed on one instance; both must ring the new one. */
export const routing = ({ trials, tenants }) =>
  onStage(async (stage) => {
    const system = await startHubSystem(stage, { tenants: Math.min(tenants, 2), twin: true });
    const [number] = system.numbers;
    const [{ id, key }] = system.phones;
    const senders = [undefined, system.twinPort].map((port) => new WebhookSender(system.url, port));
    const waits = [];
    for (let trial = 0; trial < trials; trial += 1) {
      const rings = `+1415555${String(1_000 + trial)}`;
      const since = clock();
      const asked = patch(system.url, key, `/v1/phone-numbers/${id}`, { forwardTo: [rings] });
      waits.push(...(await Promise.all(senders.map((sender) => ringsAfter(sender, number, rings, since)))));
      await asked;
    }
    for (const sender of senders) sender.close();
    await system.stop();
    const { p50, p99, max } = summaryOf(waits);
    console.log(`  ${trials} changes, seen by both of two instances: P50 ${fixed(p50)} ms`);
    judge([
      target(`P99 <= ${TARGET_P99_MS} ms`, p99 <= TARGET_P99_MS, `${fixed(p99)} ms`),
      target(`never later than ${BOUND_MS} ms`, max <= BOUND_MS, `${fixed(max)} ms`),
    ]);
  });
