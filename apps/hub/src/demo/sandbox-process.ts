import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Configuration } from '#libs/platform';

/** The local Twilio, running beside us. */
export interface SandboxProcess {
  readonly url: string;
  stop(): Promise<void>;
}

export interface SandboxAccount {
  readonly accountSid: string;
  readonly authToken: string;
}

const main = (): string => fileURLToPath(new URL('../../../sandbox/src/main.js', import.meta.url));

/**
 * Starts the sandbox as a process of its own, on a leash: it ends when its standard input closes, in whatever
 * way this process ends.
 * @throws when it does not come up, with what it said
 */
export const startSandboxProcess = async (
  settings: Configuration,
  account: SandboxAccount,
): Promise<SandboxProcess> => {
  const child = spawn(process.execPath, [main()], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: {
      ...process.env,
      SANDBOX_PORT: String(settings.SANDBOX_PORT),
      SANDBOX_HOST: '127.0.0.1',
      SANDBOX_HUB_URL: settings.publicUrl,
      SANDBOX_ACCOUNT_SID: account.accountSid,
      SANDBOX_AUTH_TOKEN: account.authToken,
      SANDBOX_EXIT_WITH_PARENT: '1',
    },
  });
  child.unref();
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  await new Promise<void>((done, fail) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
    };
    child.stderr.on('data', hear);
    child.stdout.on('data', (chunk: Buffer) => {
      hear(chunk);
      done();
    });
    child.once('exit', () => fail(new Error(`The sandbox did not start: ${said.trim()}`)));
  });
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  return { url: `http://127.0.0.1:${settings.SANDBOX_PORT}`, stop };
};
