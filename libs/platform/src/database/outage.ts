import { Unavailable } from '../errors.js';

/** SQLSTATE classes that say "the database is away", not "your statement is wrong" (PostgreSQL, appendix A). */
const AWAY = new Set([
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '53400',
  '57014',
  '25P03',
  '25P04',
  '25006', // a standby, after a failover
  '58000',
  '58030',
  '53100',
  '53200',
]);
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
]);
const SAID =
  /not currently accepting connections|timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|not queryable|Client was closed|Cannot use a pool after/i;

const codeOf = (error: unknown): string => {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
};

/** A socket file that is not there: a server on the same host is stopped. */
const isNoSocket = (error: unknown): boolean =>
  codeOf(error) === 'ENOENT' && error instanceof Error && 'syscall' in error && error.syscall === 'connect';

/** Whether a failure means that the database, and not our statement, is at fault. */
export const isOutage = (error: unknown): boolean => {
  if (error instanceof Unavailable) return true;
  const code = codeOf(error);
  if (AWAY.has(code) || NETWORK.has(code) || code.startsWith('08') || isNoSocket(error)) return true;
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  return error instanceof Error && SAID.test(error.message);
};

/** All connections are busy: a queue, not an outage. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('timeout exceeded when trying to connect');

/** The commit of a transaction in which a statement had failed. */
export class RolledBack extends Error {}

/** Says only that something before it had failed (SQLSTATE 25P02). */
export const isAborted = (error: unknown): boolean =>
  error instanceof RolledBack || codeOf(error) === '25P02';

/** Serialization failure or deadlock: the same transaction may be tried again. */
export const isRetryable = (error: unknown): boolean => ['40001', '40P01'].includes(codeOf(error));

/** A unique key said no; the constraint's name, or null for any other failure. */
export const uniqueViolation = (error: unknown): string | null => {
  if (codeOf(error) !== '23505' || typeof error !== 'object' || error === null) return null;
  return 'constraint' in error && typeof error.constraint === 'string' ? error.constraint : '';
};
