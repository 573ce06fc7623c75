/** What a key may do. `platform` is the operator's; `admin` includes `write`, which includes `read`. */
export type Scope = 'read' | 'write' | 'admin' | 'platform';

export const TENANT_SCOPES = ['read', 'write', 'admin'] as const;

const INCLUDES: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  write: ['write', 'read'],
  admin: ['admin', 'write', 'read'],
  platform: ['platform'],
};

/** Whether any of the scopes held reaches the one needed. */
export const reaches = (held: readonly Scope[], needed: Scope): boolean =>
  held.some((scope) => INCLUDES[scope].includes(needed));
