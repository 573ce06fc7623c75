import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody who called or texted a business, or was texted by it. */
@Entity('contacts')
export class Contact {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId: string;
  @Column('text') number: string;
  @Column('text', { nullable: true }) name: string | null;
  @Column('text', { nullable: true }) language: string | null;
  @Column('text', { array: true, default: [] }) tags: string[];
  /** False once the carrier said that texts do not arrive there. */
  @Column('boolean', { default: true }) textable: boolean;
  @Column('text', { name: 'line_type', nullable: true }) lineType: string | null;
  @Column('boolean', { default: false }) blocked: boolean;
  @Column('timestamptz', { name: 'opted_out_at', nullable: true }) optedOutAt: Date | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' }) createdAt: Date;
}
