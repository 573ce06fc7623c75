import { parseArgs } from 'node:util';

/** About a million and a half events for each thousand seeds; less than a minute on one core. */
const USUAL_SEEDS = 12_500;
const LONG = 10;
const SEEDS_THERE_ARE = 2 ** 31;

export interface Options {
  /** One seed, told event by event; null for a range of them. */
  readonly replayed: number | null;
  readonly from: number;
  readonly seeds: number;
  /** Whether every rare branch must be reached: too much to ask of a few seeds. */
  readonly isWhole: boolean;
  /** Whether failing seeds are added to the committed list. */
  readonly keeps: boolean;
}

export const USAGE = `npm run simulate -- [options]
  --long           ten times as many seeds
  --seed N         tells one seed, event by event
  --from N         the first seed of the range, 1 unless given; "random" draws one
  --seeds N        how many, ${USUAL_SEEDS} unless given
  --keep           adds failing seeds to regressions.json in CI as well`;

/** @throws Error that says what is taken */
const whole = (name: string, text: string): number => {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= SEEDS_THERE_ARE) return number;
  throw new Error(`--${name} takes a whole number up to ${SEEDS_THERE_ARE}, not "${text}".`);
};

const firstOf = (from: string): number =>
  from === 'random' ? Math.floor(Math.random() * SEEDS_THERE_ARE) : whole('from', from);

/** What the command line asks for. @throws Error that says what is wrong with it */
export const optionsIn = (args: readonly string[], isCi: boolean): Options => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { long: flag, keep: flag, seed: text, from: text, seeds: text },
  });
  const usual = values.long ? USUAL_SEEDS * LONG : USUAL_SEEDS;
  const seeds = values.seeds === undefined ? usual : whole('seeds', values.seeds);
  return {
    replayed: values.seed === undefined ? null : whole('seed', values.seed),
    from: firstOf(values.from ?? '1'),
    seeds,
    isWhole: seeds >= USUAL_SEEDS,
    keeps: values.keep || !isCi,
  };
};
