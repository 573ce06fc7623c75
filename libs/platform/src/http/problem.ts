import { HttpException } from '@nestjs/common';

import {
  Conflict,
  Forbidden,
  Invalid,
  NotFound,
  Rejected,
  TooMany,
  Unauthenticated,
  Unavailable,
} from '../errors.js';
import type { FieldError } from '../errors.js';
import { isOutage } from '../database/outage.js';

/** RFC 9457 problem details, as contract.md section 4 promises them. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly instance: string;
  readonly errors?: readonly FieldError[];
}

type Kind = Pick<Problem, 'status' | 'title' | 'code' | 'detail'> & {
  readonly errors?: readonly FieldError[];
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Refused by a rule',
  429: 'Too many requests',
  503: 'Unavailable',
};

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid-request',
  404: 'not-found',
  405: 'method-not-allowed',
  413: 'content-too-large',
  415: 'unsupported-media-type',
};

const as = (status: number, code: string, detail: string, errors?: readonly FieldError[]): Kind => ({
  status,
  code,
  detail,
  title: TITLES[status] ?? 'Error',
  ...(errors === undefined || errors.length === 0 ? {} : { errors }),
});

const statusOf = (error: unknown): number | undefined => {
  if (error instanceof HttpException) return error.getStatus();
  const status: unknown =
    typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
};

const ours = (error: unknown): Kind | null => {
  if (error instanceof NotFound) return as(404, 'not-found', 'There is nothing here, or not for this key.');
  if (error instanceof Conflict) return as(409, error.code, error.message);
  if (error instanceof Rejected) return as(422, error.code, error.message);
  if (error instanceof Invalid) return as(400, error.code, error.message, error.errors);
  if (error instanceof Unauthenticated) return as(401, 'unauthenticated', error.message);
  return later(error);
};

/** SQLSTATEs of values that no column takes; a net under the rules of the bodies (PostgreSQL, appendix A). */
const UNREADABLE = new Set(['22021', '22P02', '22P05', '22007', '22008', '22003', '22001']);

const isUnreadable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && UNREADABLE.has(error.code);

const later = (error: unknown): Kind | null => {
  if (isUnreadable(error))
    return as(400, 'invalid-request', 'A value is out of its range, or holds what no text may hold.');
  if (error instanceof Forbidden) return as(403, 'forbidden', error.message);
  if (error instanceof TooMany) return as(429, 'too-many-requests', error.message);
  if (error instanceof Unavailable) return as(503, error.code, error.message);
  return isOutage(error)
    ? as(503, 'database-unavailable', 'The database is away. Try again in a moment.')
    : null;
};

const READABLE: Readonly<Record<number, string>> = {
  400: 'The request could not be read: check that the body is valid JSON in UTF-8.',
  404: 'There is nothing here, or not for this key.',
  413: 'The body is larger than this route takes.',
  415: 'Send application/json, uncompressed, in UTF-8.',
};

/** What a failure looks like outside; a failure that nobody expected says nothing of its inside. */
export const problemOf = (error: unknown, instance: string): Problem => {
  const status = statusOf(error);
  const kind =
    ours(error) ??
    (status === undefined || status >= 500
      ? {
          ...as(500, 'internal-error', 'Something failed on our side; it is logged under this instance.'),
          title: 'Error',
        }
      : as(status, CODES[status] ?? 'refused', READABLE[status] ?? TITLES[status] ?? 'Refused.'));
  return { type: `urn:twilio-server:problem:${kind.code}`, instance: `urn:request:${instance}`, ...kind };
};
