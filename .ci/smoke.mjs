/** Starts the hub as the README says, and waits for its demonstration: a ring, a miss, a text, an answer. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../apps/hub/src/database/free-port.ts';

const WITHIN_MS = 120_000;
/** A text within a second is promised; this machine may be slow, and a wait for anything is longer. */
const TEXT_WITHIN_MS = 3_000;
const folder = await mkdtemp(join(tmpdir(), 'twilio-server-smoke-'));
const port = await freePort();
const settings = {
  DATA_DIR: join(folder, 'hub'),
  PORT: String(port),
  METRICS_PORT: '0',
  SANDBOX_PORT: String(await freePort()),
};
const began = performance.now();
const stdio = ['ignore', 'pipe', 'inherit'];
const hub = spawn('npm', ['start'], { env: { ...process.env, ...settings }, stdio, detached: true });
let said = '';
hub.stdout.on('data', (chunk) => {
  process.stdout.write(chunk);
  said += chunk;
});
const exited = new Promise((done) => hub.once('exit', done));

const until = async (look) => {
  for (const giveUpAt = performance.now() + WITHIN_MS; performance.now() < giveUpAt;) {
    if (await look().catch(() => false)) return;
    if (hub.exitCode !== null) throw new Error(`The hub ended with ${hub.exitCode}.`);
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error('It did not happen in time.');
};

try {
  await until(async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok);
  console.log(`Ready after ${Math.round(performance.now() - began)} ms.`);
  console.log(await (await fetch(`http://127.0.0.1:${port}/health`)).text());
  await until(async () => said.includes('The caller gets a text') && said.includes('so the AI answers'));
  const [, ms] = /gets a text (\d+) ms after the miss/.exec(said) ?? [];
  if (!(Number(ms) <= TEXT_WITHIN_MS)) throw new Error(`The text came ${ms} ms after the miss.`);
} finally {
  if (hub.exitCode === null) process.kill(-hub.pid, 'SIGINT'); // Ctrl-C goes to the whole group
  await Promise.race([
    exited,
    new Promise((_, fail) => setTimeout(() => fail(new Error('Ctrl-C did not end it.')), 30_000).unref()),
  ]);
  await rm(folder, { recursive: true, force: true });
}
await fetch(`http://127.0.0.1:${port}/health/live`).then(
  () => Promise.reject(new Error('The hub still answers after Ctrl-C.')),
  () => console.log('The hub missed a call, texted the caller, answered the reply, and left.'),
);
