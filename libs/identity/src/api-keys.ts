import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { Configuration, Conflict, Db, NotFound, pageOf, placeOf, Tx, type Page } from '#libs/platform';

import { ApiKey } from './api-key.entity.js';
import type { ApiKeyView, CreateApiKey, NewApiKeyView } from './api-key.dto.js';
import type { Scope } from './scope.domain.js';

/** Who sent a request. */
export interface Principal {
  /** The key's id, or `platform`. */
  readonly holder: string;
  /** Null for the platform's operator. */
  readonly tenantId: string | null;
  readonly scopes: readonly Scope[];
}

/** Where the operator's key is found: in the configuration, or in the file that the first start made. */
export class PlatformKey {
  constructor(readonly secret: string) {}
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const LIST = `
  select id, name, scopes, prefix, created_at as "createdAt", created_at as at
  from api_keys where tenant_id = $1 and revoked_at is null
    and ($2::timestamptz is null or (created_at, id) < ($2, $3::uuid))
  order by created_at desc, id desc limit $4`;

const viewOf = (key: Pick<ApiKey, 'id' | 'name' | 'scopes' | 'prefix' | 'createdAt'>): ApiKeyView => ({
  id: key.id,
  name: key.name,
  scopes: key.scopes,
  prefix: key.prefix,
  createdAt: key.createdAt.toISOString(),
});

/** API keys: 256 random bits, of which the hash is kept, so a plain fast hash is enough. */
@Injectable()
export class ApiKeys {
  private readonly platformHash: Buffer;

  constructor(
    private readonly db: Db,
    readonly settings: Configuration,
    platformKey: PlatformKey,
  ) {
    this.platformHash = Buffer.from(hashOf(platformKey.secret));
  }

  /** Whose secret this is; null when nobody's. @throws Unavailable while the database is away */
  async holderOf(secret: string): Promise<Principal | null> {
    const hash = hashOf(secret);
    if (timingSafeEqual(Buffer.from(hash), this.platformHash)) {
      return { holder: 'platform', tenantId: null, scopes: ['platform'] };
    }
    const key = await this.db.system('api-keys', (tx) => tx.manager.findOneBy(ApiKey, { hash }));
    if (key === null || key.revokedAt !== null || key.tenantId === null) return null;
    return { holder: key.id, tenantId: key.tenantId, scopes: key.scopes };
  }

  /**
   * Makes a key in the caller's transaction. The secret is in the answer and nowhere else.
   * @param intent the key's id; the same again gives the same key another secret, for nobody heard the first
   */
  async create(
    tx: Tx,
    { intent, tenantId, name, scopes }: CreateApiKey & { readonly intent: string; readonly tenantId: string },
  ): Promise<NewApiKeyView> {
    const secret = `nmc_${randomBytes(32).toString('base64url')}`;
    const key = { id: intent, tenantId, name, scopes, prefix: secret.slice(0, 8), hash: hashOf(secret) };
    await tx.manager.upsert(ApiKey, key, ['id']);
    const { createdAt } = await tx.manager.findOneByOrFail(ApiKey, { id: intent });
    return { ...viewOf({ ...key, createdAt }), secret };
  }

  async list(tenantId: string, limit: number, cursor?: string): Promise<Page<ApiKeyView>> {
    const place = placeOf(cursor);
    const values = [tenantId, place?.at ?? null, place?.id ?? null, limit + 1];
    const rows = await this.db.transaction(tenantId, (tx) => tx.query<ApiKey & { at: Date }>(LIST, values));
    return pageOf(rows, limit, viewOf);
  }

  /** Revokes a key at once. @throws NotFound; Conflict for the key that asks */
  async revoke(tenantId: string, id: string, asking: string): Promise<void> {
    if (id === asking) throw new Conflict('key-in-use', 'A key cannot revoke itself. Use another admin key.');
    const revoke =
      'update api_keys set revoked_at = now() where tenant_id = $1 and id = $2 and revoked_at is null returning id';
    const row = await this.db.transaction(tenantId, (tx) => tx.one(revoke, [tenantId, id]));
    if (row === undefined) throw new NotFound('API key');
  }
}
