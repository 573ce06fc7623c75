import { maskNumbers } from './mask.domain.js';

type Primitive = string | number | bigint | boolean | symbol | null | undefined;

const isPrimitive = (value: unknown): value is Primitive =>
  value === null || (typeof value !== 'object' && typeof value !== 'function');

const nameOf = (thrown: unknown): string => {
  const made: unknown = (Object.getPrototypeOf(thrown) as { constructor?: unknown } | null)?.constructor;
  return typeof made === 'function' ? made.name : 'Object';
};

/** What of a failure is logged: never what a thrown object holds, which may be a text or a secret. */
export const failureFields = (failure: unknown): Readonly<Record<string, string>> => {
  if (failure === undefined) return {};
  if (failure instanceof Error) {
    const { name, message, stack = '' } = failure;
    return { name, error: maskNumbers(message), stack: maskNumbers(stack) };
  }
  return { error: isPrimitive(failure) ? maskNumbers(String(failure)) : nameOf(failure) };
};
