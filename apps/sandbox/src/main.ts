import { startSandbox, type Sandbox } from './sandbox.js';
import { readSettings } from './settings.js';

/** Starts the sandbox of the environment, and stops it at the first signal, or with its parent when told to. */
async function main(): Promise<void> {
  const sandbox = await startSandbox(readSettings(process.env));
  const stop = (): void => stopNow(sandbox);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  // The parent holds the other end of stdin: however it dies, the pipe closes.
  if (process.env['SANDBOX_EXIT_WITH_PARENT'] === '1')
    process.stdin.on('end', stop).on('close', stop).resume();
  process.stdout.write(`The Twilio sandbox listens on ${sandbox.url} and calls ${sandbox.hubUrl}\n`);
}

function stopNow(sandbox: Sandbox): void {
  sandbox.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') return `SANDBOX_PORT is taken: ${error.message}`;
  return error.message;
}
