import 'reflect-metadata';

import { isOfUnreturnedJobs } from '#libs/durable';
import { ConfigurationError, STOP_CUT_OFF_MS, type Configuration } from '#libs/platform';

import { startHub, type Hub } from './hub.js';
import { loadSettings } from './settings.js';
import { welcome, type Guests } from './demo/welcome.js';

const EXIT_BAD_CONFIGURATION = 78;
const EXIT_EVENTS_LOST = 1;
/** npm passes on what its whole process group was sent, and we were too: under it, a second signal so soon is the first. */
const SAME_SIGNAL_MS = process.env['npm_lifecycle_event'] === 'start' ? 200 : 0;
/** What was in hand when a stop is cut off is on the disk, or done again by whoever comes next: only lost events are not. */
const exitHaving = (lost: number): never => process.exit(lost === 0 ? 0 : EXIT_EVENTS_LOST);

interface House {
  readonly hub: Hub;
  readonly guests: Guests;
}

const open = async (settings: Configuration): Promise<House> => {
  const hub = await startHub(settings);
  return { hub, guests: await welcome(hub, settings) };
};

const leaving = async (house: Promise<House>): Promise<number> => {
  const { hub, guests } = await house;
  const [lost] = await Promise.all([hub.stop.run(), guests.leave()]);
  return lost;
};

/** Also in the midst of the start, which is then brought to its end first. */
const stopOnSignals = (house: Promise<House>): void => {
  let cutOff = (): number => 0;
  void house.then(({ hub }) => (cutOff = () => hub.stop.cutOff())).catch(() => undefined); // main tells
  let askedAt: number | undefined;
  const leave = (): void => {
    if (askedAt !== undefined) {
      if (performance.now() - askedAt < SAME_SIGNAL_MS) return;
      cutOff();
      process.exit(1);
    }
    askedAt = performance.now();
    setTimeout(() => exitHaving(cutOff()), STOP_CUT_OFF_MS).unref();
    void leaving(house).then(exitHaving, (error: unknown) => {
      process.stderr.write(`The stop failed: ${String(error)}\n`);
      cutOff();
      process.exit(1);
    });
  };
  process.on('SIGTERM', leave);
  process.on('SIGINT', leave);
};

for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined); // nobody reads it

process.on('unhandledRejection', (rejection) => {
  if (!isOfUnreturnedJobs(rejection)) throw rejection;
});

const main = async (): Promise<void> => {
  const settings = await loadSettings();
  const house = open(settings);
  stopOnSignals(house);
  const { guests } = await house;
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
