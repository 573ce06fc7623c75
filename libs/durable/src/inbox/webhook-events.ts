/** One webhook, as the edge read it: verified, its shape checked, its answer decided. */
export interface InboxEvent {
  /** Account, kind, SID, step in our URL, status: signed values only. */
  readonly key: string;
  readonly kind: string;
  readonly accountSid: string;
  /** The call's or message's SID that it is about. */
  readonly sid: string;
  /** Null when the request itself does not tell; then it waits until its parent is known. */
  readonly tenantId: string | null;
  readonly params: Readonly<Record<string, string>>;
  /** What our URL carried: a phone number's id, an attempt's id, a step. */
  readonly context: Readonly<Record<string, string>>;
  /** The TwiML that a repeated delivery gets again. */
  readonly answer: string;
  /** How long ago it came, in milliseconds: what waited in the spool, or was found in Twilio's lists. 0 unless given. */
  readonly ageMs?: number;
}

/** The key of an event, of signed values only: what a webhook, the spool and an import must name alike. */
export const keyOf = (
  accountSid: string,
  { kind, sid, step }: { readonly kind: string; readonly sid: string; readonly step: string },
): string => `${accountSid}/${kind}/${sid}/${step}`;

/** The task that finds the owner of an event which came before its parent. */
export const ADOPT = 'inbox.adopt';

/** An event as it was kept; its age is counted from when it came, wherever it waited since. */
export type Stored = InboxEvent & { readonly verdict: string; readonly attempts: number } & Record<
    string,
    unknown
  >;

export const READ = `
  select kind, key, account_sid as "accountSid", sid, tenant_id as "tenantId", params, context, verdict, attempts, '' as answer,
    greatest(0, extract(epoch from clock_timestamp() - coalesce(came_at, received_at)) * 1000)::float8 as "ageMs"
  from webhook_events where id = $1`;

/** Ends a failed or unowned event: its verdict, why, and whose it turned out to be. */
export const SETTLE = `
  update webhook_events set verdict = $2, error = $3, tenant_id = coalesce($4::uuid, tenant_id), attempts = attempts + 1
  where id = $1 and verdict in ('failed', 'unowned')`;
