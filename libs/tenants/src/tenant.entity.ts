import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Settings } from './settings.domain.js';

/** A business. */
@Entity('tenants')
export class Tenant {
  @PrimaryColumn('uuid') id: string;
  @Column('text') name: string;
  @Column('text') timezone: string;
  @Column('text', { default: 'en' }) language: string;
  @Column('text', { default: 'active' }) status: 'active' | 'suspended';
  @Column('jsonb', { default: {} }) settings: Partial<Settings>;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' }) updatedAt: Date;
}
