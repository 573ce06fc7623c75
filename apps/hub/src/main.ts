import 'reflect-metadata';

import { ConfigurationError } from '#libs/platform';

import { startHub, type Hub } from './hub.js';
import { loadSettings } from './settings.js';
import { welcome } from './welcome.js';

const EXIT_BAD_CONFIGURATION = 78;
/** A stop was asked for, and comes: what is still in hand then is on the disk, or done again by whoever comes next. */
const STOP_WITHIN_MS = 14_500;

const stopOnSignals = (hub: Hub, also: () => Promise<void>): void => {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    void also()
      .then(() => hub.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`The stop failed: ${String(error)}\n`);
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

const main = async (): Promise<void> => {
  const settings = await loadSettings();
  const hub = await startHub(settings);
  const guests = await welcome(hub, settings);
  stopOnSignals(hub, guests.leave);
  await guests
    .show()
    .catch((error: unknown) => process.stderr.write(`The demonstration stopped: ${String(error)}\n`));
};

main().catch((error: unknown) => {
  if (error instanceof ConfigurationError) {
    process.stderr.write(`${error.mistakes.join('\n')}\n`);
    process.exit(EXIT_BAD_CONFIGURATION);
  }
  process.stderr.write(
    `The hub could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
