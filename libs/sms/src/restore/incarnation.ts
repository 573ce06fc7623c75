/**
 * Which database this is, as far as a connection can tell: a restored one is another database, or another server's
 * start. Part of every claim, so that nothing is claimed in one that was not looked at.
 */
export const INCARNATION = `(select oid from pg_database where datname = current_database())::text || '/' ||
  extract(epoch from pg_postmaster_start_time())::text`;

/** What a claim got: its number, and where. */
export interface Claimed {
  readonly seq: number;
  readonly incarnation: string;
}
