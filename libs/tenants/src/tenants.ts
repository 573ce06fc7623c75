import { Injectable } from '@nestjs/common';
import { Snapshot } from '#libs/durable';
import { ApiKeys } from '#libs/identity';
import { Db, newId, NotFound, pageOf, placeOf, Tx, type Page } from '#libs/platform';

import { settingsOf } from './settings.domain.js';
import type { ChangeTenantAsOperator, CreateTenant, NewTenantView, TenantView } from './tenant.dto.js';
import { Tenant } from './tenant.entity.js';

const LIST = `
  select id, name, timezone, language, status, settings, created_at as "createdAt", created_at as at
  from tenants where $1::timestamptz is null or (created_at, id) < ($1, $2::uuid)
  order by created_at desc, id desc limit $3`;
const CHANGE = `
  update tenants set name = coalesce($2, name), timezone = coalesce($3, timezone), language = coalesce($4, language),
    status = coalesce($5, status), settings = settings || $6::jsonb
  where id = $1
  returning id, name, timezone, language, status, settings, created_at as "createdAt"`;

type Row = Pick<Tenant, 'id' | 'name' | 'timezone' | 'language' | 'status' | 'settings' | 'createdAt'> &
  Record<string, unknown>;

const viewOf = ({ id, name, timezone, language, status, settings, createdAt }: Row): TenantView => ({
  id,
  name,
  timezone,
  language,
  status,
  settings: settingsOf(settings) as TenantView['settings'],
  createdAt: createdAt.toISOString(),
});

/** Businesses and their settings. */
@Injectable()
export class Tenants {
  constructor(
    private readonly db: Db,
    private readonly keys: ApiKeys,
    private readonly snapshot: Snapshot,
  ) {}

  /**
   * Makes a tenant with its first key, whose secret is in the answer and nowhere else.
   * @param id the tenant's and the key's; with the same again the tenant stays as it is, and the key gets another secret
   */
  async create(given: CreateTenant, id = newId()): Promise<NewTenantView> {
    const { name, timezone, language = 'en', settings = {} } = given;
    const made = await this.db.transaction(id, async (tx) => {
      const tenant = { id, name, timezone, language, settings: { ...settings } as object };
      await tx.manager.createQueryBuilder().insert().into(Tenant).values(tenant).orIgnore().execute();
      const first = { intent: id, tenantId: id, name: 'first key', scopes: ['admin' as const] };
      const apiKey = await this.keys.create(tx, first);
      return { ...(await this.read(tx, id)), apiKey };
    });
    await this.snapshot.refresh();
    return made;
  }

  /** @throws NotFound */
  get(id: string): Promise<TenantView> {
    return this.db.transaction(id, (tx) => this.read(tx, id));
  }

  async list(limit: number, cursor?: string): Promise<Page<TenantView>> {
    const place = placeOf(cursor);
    const values = [place?.at ?? null, place?.id ?? null, limit + 1];
    const rows = await this.db.system('platform-admin', (tx) => tx.query<Row & { at: Date }>(LIST, values));
    return pageOf(rows, limit, viewOf);
  }

  /** Settings are merged key by key. @throws NotFound */
  async change(id: string, given: ChangeTenantAsOperator): Promise<TenantView> {
    const { name = null, timezone = null, language = null, status = null, settings = {} } = given;
    const values = [id, name, timezone, language, status, JSON.stringify(settings)];
    const row = await this.db.transaction(id, (tx) => tx.one<Row>(CHANGE, values));
    if (row === undefined) throw new NotFound('tenant');
    await this.snapshot.refresh();
    return viewOf(row);
  }

  /** The transaction's tenant, as its row says now: what is known in memory may be some seconds old. @throws NotFound */
  now(tx: Tx): Promise<TenantView> {
    return this.read(tx, tx.tenantId ?? '');
  }

  private async read(tx: Tx, id: string): Promise<TenantView> {
    const tenant = await tx.manager.findOneBy(Tenant, { id });
    if (tenant === null) throw new NotFound('tenant');
    return viewOf({ ...tenant });
  }
}
