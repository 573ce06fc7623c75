import { judge, table, target } from './figures.mjs';
import { startHubSystem } from './hub-system.mjs';
import { newCall, stepsOf, urlsIn, WEBHOOKS_PER_CALL } from './missed-call-flow.mjs';
import { eventually, onStage, pause } from './stage.mjs';
import { WebhookSender } from './webhooks.mjs';

const COPIES = 20;
const CONTROLS = 20;
const CALLS_AT_ONCE = 2;
const CALLBACKS_PER_TEXT = 3;

const COUNTS = `
  select (select count(*)::int from calls) as calls, (select count(*)::int from messages) as messages,
    (select count(*)::int from conversations) as conversations, (select count(*)::int from webhook_keys) as webhook_keys`;
const EVENTS = 'select type, subject_id as subject, count(*)::int as count from events group by 1, 2';

/** Posts the same webhook so many times at once; answers with the first answer and how many were not like it. */
const postAll = async (sender, url, params, copies) => {
  const posts = Array.from({ length: copies }, () => sender.post(url, params));
  const answers = await Promise.all(
    posts.map((post) => post.catch((error) => ({ status: 0, text: String(error) }))),
  );
  const [first] = answers;
  const odd = answers.filter(({ status, text }) => status !== 200 || text !== first.text).length;
  return { first, odd };
};

const play = async (sender, number, copies) => {
  let urls = {};
  let odd = 0;
  for (const step of stepsOf(newCall(number))) {
    if (step.kind === 'text') await pause(500);
    const posted = await postAll(sender, step.to(urls), step.params, copies);
    if (step.kind === 'call') urls = urlsIn(posted.first.text);
    odd += posted.odd;
  }
  return odd;
};

const playMany = async (sender, numbers, calls, copies) => {
  let [started, odd] = [0, 0];
  const line = async () => {
    while (started < calls) {
      started += 1;
      odd += await play(sender, numbers[started % numbers.length], copies);
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, line));
  return odd;
};

/** Delivers every callback about a text again, as the sandbox signed and sent it the first time. */
const repeatCallbacks = async (sender, callbacks, copies) => {
  let odd = 0;
  for (const { url, params } of callbacks) odd += (await postAll(sender, url, params, copies)).odd;
  return odd;
};

/** Waits until the texts and their callbacks have come, and two seconds more for any that should not. */
const settle = async ({ sandbox }, calls) => {
  await eventually(async () => (await sandbox.callbacks()).length >= calls * CALLBACKS_PER_TEXT, 30_000, 250);
  await pause(2_000);
};

const perSubject = (rows) => {
  const counts = new Map();
  for (const { type, count } of rows) counts.set(type, [...(counts.get(type) ?? []), count]);
  return counts;
};

/** Events of a type beyond those that a call, text or conversation of the control had. */
const extraEvents = (control, all) => {
  const [usual, seen] = [perSubject(control), perSubject(all)];
  return [...seen].map(([type, counts]) => {
    const most = Math.max(0, ...(usual.get(type) ?? []));
    const total = counts.reduce((sum, count) => sum + count, 0);
    const extra = counts.reduce((sum, count) => sum + Math.max(0, count - most), 0);
    return { type, subjects: counts.length, most, total, extra };
  });
};

/** Every webhook of a missed call and of the text after it comes twenty times at once; all counts as one. */
export const duplicates = ({ calls, tenants }) =>
  onStage(async (stage) => {
    const system = await startHubSystem(stage, { tenants });
    const database = await stage.connectTo(system.databaseUrl);
    const sender = new WebhookSender(system.url);
    const controlOdd = await playMany(sender, system.numbers, CONTROLS, 1);
    await settle(system, CONTROLS);
    const control = (await database.query(EVENTS)).rows;
    const odd = await playMany(sender, system.numbers, calls, COPIES);
    await settle(system, CONTROLS + calls);
    const callbacks = (await system.sandbox.callbacks()).slice(CONTROLS * CALLBACKS_PER_TEXT);
    const callbacksOdd = await repeatCallbacks(sender, callbacks, COPIES - 1);
    await settle(system, CONTROLS + calls);
    const counts = (await database.query(COUNTS)).rows[0];
    const events = extraEvents(control, (await database.query(EVENTS)).rows);
    const texts = await system.sandbox.texts();
    sender.close();
    await database.end();
    await system.stop();
    report({ calls, counts, events, texts, odd: controlOdd + odd + callbacksOdd });
  });

const rowsOf = (all, counts) => {
  const webhooks = all * (WEBHOOKS_PER_CALL + CALLBACKS_PER_TEXT);
  const expected = { calls: all, messages: 2 * all, conversations: all, webhook_keys: webhooks };
  return Object.entries(expected).map(([name, count]) => [name, count, counts[name], counts[name] - count]);
};

const report = ({ calls, counts, events, texts, odd }) => {
  const all = CONTROLS + calls;
  const deliveries = calls * (WEBHOOKS_PER_CALL + CALLBACKS_PER_TEXT) * COPIES;
  console.log(`  ${CONTROLS} calls delivered once as a control`);
  console.log(`  ${calls} calls with every webhook ${COPIES} times: ${deliveries} deliveries`);
  const rows = rowsOf(all, counts);
  const texted = ['texts at the sandbox', all, texts.length, texts.length - all];
  console.log(table([['rows', 'expected', 'found', 'extra'], texted, ...rows]));
  const found = events.map((one) => [one.type, one.subjects, one.most, one.total, one.extra]);
  console.log(table([['events', 'subjects', 'most each', 'found', 'extra'], ...found]));
  const differing = rows.filter(([, , , extra]) => extra !== 0).length;
  const extra = events.reduce((sum, one) => sum + one.extra, 0);
  const distinct = new Set(texts.map(({ to }) => to)).size;
  const once = texts.length === all && distinct === all;
  judge([
    target('one text for each call', once, `${texts.length} texts to ${distinct} callers`),
    target('no extra row', differing === 0, `${differing} tables differ`),
    target('no extra event', extra === 0, `${extra} extra`),
    target('every delivery answered alike', odd === 0, `${odd} differ`),
  ]);
};
