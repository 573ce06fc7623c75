import { fixed, judge, summaryOf, table, target } from './figures.mjs';
import { startHubSystem } from './hub-system.mjs';
import { newCall, stepsOf, urlsIn } from './missed-call-flow.mjs';
import { clock } from './open-loop.mjs';
import { eventually, onStage, pause } from './stage.mjs';
import { WebhookSender } from './webhooks.mjs';

const TARGET_P95_MS = 100;
const PER_SECOND = 5;
const WARM_UP = 20;

/** One missed call, step by step; answers with the caller and when the Dial action request was sent. */
const missOne = async (sender, number) => {
  const call = newCall(number);
  let urls = {};
  let dialedAt = 0;
  for (const step of stepsOf(call).filter(({ kind }) => kind !== 'text')) {
    if (step.kind === 'dial action') dialedAt = clock();
    const answer = await sender.post(step.to(urls), step.params);
    if (answer.status !== 200) throw new Error(`${step.kind}: ${answer.status} ${answer.text}`);
    if (step.kind === 'call') urls = urlsIn(answer.text);
    if (step.kind !== 'dial action') await pause(5);
  }
  return { from: call.from, dialedAt };
};

/** Calls one after the other, about five a second, off the beat of any timer in the hub. */
const missMany = async ({ url, numbers }, trials) => {
  const sender = new WebhookSender(url);
  const missed = [];
  for (let trial = 0; trial < trials; trial += 1) {
    const due = clock() + (1_000 / PER_SECOND) * (0.5 + Math.random());
    missed.push(await missOne(sender, numbers[trial % numbers.length]));
    await pause(Math.max(0, due - clock()));
  }
  sender.close();
  return missed;
};

/** From the Dial action request, before its first byte, to `POST Messages` received at the sandbox. */
export const missedCall = ({ trials, tenants }) =>
  onStage(async (stage) => {
    const system = await startHubSystem(stage, { tenants });
    const missed = (await missMany(system, WARM_UP + trials)).slice(WARM_UP);
    await eventually(async () => (await system.sandbox.texts()).length >= WARM_UP + trials, 10_000);
    const texts = new Map((await system.sandbox.texts()).map(({ to, at }) => [to, at]));
    await system.stop();
    const took = missed.flatMap(({ from, dialedAt }) =>
      texts.has(from) ? [texts.get(from) - dialedAt] : [],
    );
    const { count, min, p50, p95, p99, max } = summaryOf(took);
    console.log(
      `  hub ROLE=all, idle but for these calls, about ${PER_SECOND}/s, ${WARM_UP} of warm-up; the sandbox's clock cuts to 1 ms`,
    );
    const heads = ['milliseconds', 'count', 'min', 'P50', 'P95', 'P99', 'max'];
    const times = [min, p50, p95, p99, max].map((ms) => fixed(ms));
    console.log(table([heads, ['Dial action to POST Messages', count, ...times]]));
    judge([
      target(`P95 <= ${TARGET_P95_MS} ms`, p95 <= TARGET_P95_MS, `${fixed(p95)} ms`),
      target('every call texted', took.length === trials, `${took.length} of ${trials}`),
    ]);
  });
