import { spawn, type ChildProcess } from 'node:child_process';

import { pause } from '#libs/platform';

/** A hub of its own process. */
export interface Running {
  readonly process: ChildProcess;
  readonly exited: Promise<number | string | null>;
  /** All that it wrote so far. */
  readonly said: () => string;
}

/** What `look` finds, once it finds something; failures of it are waited out. */
export const until = async <T>(look: () => Promise<T | false | undefined>, withinMs = 30_000): Promise<T> => {
  for (const giveUpAt = Date.now() + withinMs; Date.now() < giveUpAt;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined && found !== false) return found;
    await pause(50);
  }
  throw new Error('It did not happen in time.');
};

const listenedTo = (child: ChildProcess): Running => {
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exited = new Promise<number | string | null>((done) =>
    child.once('exit', (code, signal) => done(code ?? signal)),
  );
  return { process: child, exited, said: () => said };
};

const only = (environment: Readonly<Record<string, string>>): Record<string, string> => {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, ...environment };
};

/** Starts a hub as `npm start` does, with these settings and no others; `flags` are Node's, `output` is where it writes. */
export const startProcess = (
  environment: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
  output: number | 'pipe' = 'pipe',
): Running =>
  listenedTo(
    spawn(process.execPath, [...flags, 'apps/hub/start.mjs'], {
      env: only(environment),
      stdio: ['ignore', output, 'pipe'],
    }),
  );

/** Starts a hub by `npm start`, in a process group of its own; `process` is npm's. */
export const startByNpm = (environment: Readonly<Record<string, string>>): Running =>
  listenedTo(spawn('npm', ['start'], { env: only(environment), stdio: 'pipe', detached: true }));
