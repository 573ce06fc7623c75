import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Scope } from './scope.domain.js';

/** A tenant's key; of the secret only its hash is kept. */
@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'tenant_id', nullable: true }) tenantId: string | null;
  @Column('text') name: string;
  @Column('text', { array: true }) scopes: Scope[];
  @Column('text') prefix: string;
  @Column('text', { unique: true }) hash: string;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null;
}
