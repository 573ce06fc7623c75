/** A control request that says something wrong; the message says what to send. */
export class BadControlBody extends Error {}

/** Reads a value, or throws {@link BadControlBody} naming where it stands. */
export type Check<T> = (value: unknown, at: string) => T;

type Shape = Readonly<Record<string, Check<unknown>>>;
type Read<S extends Shape> = { readonly [K in keyof S]: ReturnType<S[K]> };

export const text =
  (pattern: RegExp, hint: string): Check<string> =>
  (value, at) => {
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new BadControlBody(`${at} must be ${hint}`);
  };

export const number =
  (least: number, most: number): Check<number> =>
  (value, at) => {
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw new BadControlBody(`${at} must be a number from ${least} to ${most}`);
  };

export const flag: Check<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value;
  throw new BadControlBody(`${at} must be true or false`);
};

export const oneOf =
  <const T extends string | number>(choices: readonly T[]): Check<T> =>
  (value, at) => {
    const choice = choices.find((each) => each === value);
    if (choice !== undefined) return choice;
    throw new BadControlBody(`${at} must be one of ${choices.join(', ')}`);
  };

export const optional =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value, at) =>
    value === undefined ? undefined : check(value, at);

export const nullable =
  <T>(check: Check<T>): Check<T | null> =>
  (value, at) =>
    value === null ? null : check(value, at);

export const listOf =
  <T>(check: Check<T>, most: number): Check<T[]> =>
  (value, at) => {
    if (!Array.isArray(value) || value.length > most)
      throw new BadControlBody(`${at} must be a list of up to ${most}`);
    return value.map((each, index) => check(each, `${at}[${index}]`));
  };

export const record =
  <T>(check: Check<T>): Check<Record<string, T>> =>
  (value, at) =>
    Object.fromEntries(
      Object.entries(fieldsOf(value, at)).map(([key, each]) => [key, check(each, `${at}.${key}`)]),
    );

/** An object with these fields and no others. */
export const object =
  <S extends Shape>(shape: S): Check<Read<S>> =>
  (value, at) => {
    const fields = fieldsOf(value, at);
    const unknown = Object.keys(fields).find((key) => !Object.hasOwn(shape, key));
    if (unknown !== undefined) {
      throw new BadControlBody(`${at} has no field ${unknown}; it takes ${Object.keys(shape).join(', ')}`);
    }
    const read = Object.entries(shape).map(([key, check]) => [key, check(fields[key], `${at}.${key}`)]);
    return Object.fromEntries(read) as Read<S>;
  };

function fieldsOf(value: unknown, at: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new BadControlBody(`${at} must be a JSON object`);
}
