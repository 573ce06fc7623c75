/** What the edge needs to know of numbers; the tenants module fills it. */
export abstract class NumberDirectory {
  /** The account that a hub number belongs to; undefined when the number is not ours. */
  abstract accountOf(number: string): string | undefined;
}

/** What the edge needs to know of SIDs that came without our code in the URL. */
export interface SidOwner {
  readonly tenantId: string;
  readonly accountSid: string;
}
