import 'reflect-metadata';

import { ConfigurationError, STOP_CUT_OFF_MS } from '#libs/platform';

import { startHub } from './hub.js';
import { loadSettings } from './settings.js';
import type { Stop } from './stop.js';
import { welcome } from './welcome.js';

const EXIT_BAD_CONFIGURATION = 78;
/** EX_IOERR of sysexits.h. */
const EXIT_EVENTS_LOST = 74;
/** What was in hand when a stop is cut off is on the disk, or done again by whoever comes next: only lost events are not. */
const exitHaving = (lost: number): never => process.exit(lost === 0 ? 0 : EXIT_EVENTS_LOST);

const stopOnSignals = (stop: Stop, also: () => Promise<void>): void => {
  let stopping = false;
  const leave = (): void => {
    if (stopping) {
      stop.cutOff();
      process.exit(1);
    }
    stopping = true;
    setTimeout(() => exitHaving(stop.cutOff()), STOP_CUT_OFF_MS).unref();
    void Promise.all([stop.run(), also()]).then(
      ([lost]) => exitHaving(lost),
      (error: unknown) => {
        process.stderr.write(`The stop failed: ${String(error)}\n`);
        stop.cutOff();
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
};

const main = async (): Promise<void> => {
  const settings = await loadSettings();
  const hub = await startHub(settings);
  const guests = await welcome(hub, settings);
  stopOnSignals(hub.stop, guests.leave);
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
