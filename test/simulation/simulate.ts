import { optionsIn, USAGE, type Options } from './options.js';
import { ordersThatDiffer } from './orders.js';
import { keep, regressions } from './regressions.js';
import { runSeed } from './simulation.js';
import { Tally } from './tally.js';

const SHOWN = 5;
/** So many failures say enough. */
const ENOUGH = 50;

const replay = (seed: number): boolean => {
  const { failure, events } = runSeed(seed, (line) => console.log(line));
  console.log(failure === null ? `Seed ${seed} holds: ${events} events.` : `Seed ${seed} fails. ${failure}`);
  return failure === null;
};

/** The listed seeds first, then the range. */
const seedsOf = function* ({ from, seeds }: Options): Generator<number> {
  yield* regressions().map(({ seed }) => seed);
  for (let nth = 0; nth < seeds; nth += 1) yield from + nth;
};

const tellFailures = ({ failed }: Tally, keeps: boolean): void => {
  for (const { seed, failure } of failed.slice(0, SHOWN))
    console.log(`\nSeed ${seed} fails. ${failure}\n  npm run simulate -- --seed ${seed}`);
  if (failed.length > SHOWN) console.log(`\n… and ${failed.length - SHOWN} seeds more.`);
  if (failed.length === 0 || !keeps) return;
  keep(failed.slice(0, SHOWN).map(({ seed, failure }) => ({ seed, found: failure.split('\n')[0] ?? '' })));
  console.log('\nThey stand in test/simulation/regressions.json now: commit it with what mends them.');
};

const permute = (): boolean => {
  const { tried, differ } = ordersThatDiffer();
  for (const [alphabet, times] of tried)
    console.log(`${times.toLocaleString('en-US').padStart(14)}  orders of ${alphabet}`);
  for (const line of differ.slice(0, SHOWN)) console.log(`\n${line}`);
  return differ.length === 0;
};

const simulate = (options: Options): boolean => {
  const tally = new Tally();
  const began = performance.now();
  for (const seed of seedsOf(options)) {
    tally.add(runSeed(seed));
    if (tally.failed.length >= ENOUGH) break;
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(tally.lines());
  const missing = options.isWhole ? tally.missing() : [];
  for (const name of missing) console.log(`\nNever reached: ${name}. What is not reached is not tested.`);
  tellFailures(tally, options.keeps);
  const { seeds, events, failed } = tally;
  const range = `from ${options.from}`;
  const many = (count: number): string => count.toLocaleString('en-US');
  console.log(
    `\n${many(seeds)} seeds (${range}), ${many(events)} events, ${seconds} s: ${failed.length} failed.`,
  );
  return failed.length === 0 && missing.length === 0;
};

const run = (): boolean => {
  const options = optionsIn(process.argv.slice(2), process.env['CI'] !== undefined);
  if (options.replayed !== null) return replay(options.replayed);
  const converge = permute();
  return simulate(options) && converge;
};

try {
  process.exitCode = run() ? 0 : 1;
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  process.exitCode = 2;
}
