import type { Work } from '../host.js';

export type Raced<T> = { readonly value: T } | { readonly late: Work<T> };

/** What work gives, or, when it takes longer than so many milliseconds, the rest of it, which goes on all the same. */
export function* within<T>(work: Work<T>, ms: number): Work<Raced<T>> {
  let left = ms;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return { value: step.value };
    const { value: wait } = step;
    if (wait > left) {
      yield left;
      return { late: rest(work, wait - left) };
    }
    left -= wait;
    yield wait;
  }
}

function* rest<T>(work: Work<T>, wait: number): Work<T> {
  yield wait;
  return yield* work;
}
