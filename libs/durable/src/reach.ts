import { Db, Tx } from '#libs/platform';

/** Runs `work` over a tenant's rows; over everybody's, and nobody's, when the tenant is null: for the operator. */
export const inReachOf = <T>(db: Db, tenantId: string | null, work: (tx: Tx) => Promise<T>): Promise<T> =>
  tenantId === null ? db.system('dead-letters', work) : db.transaction(tenantId, work);
