import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A hub number: whose it is, and where its calls go. */
@Entity('phone_numbers')
export class PhoneNumber {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId: string;
  @Column('text', { unique: true }) number: string;
  @Column('text', { name: 'account_sid' }) accountSid: string;
  @Column('text', { name: 'messaging_service_sid', nullable: true }) messagingServiceSid: string | null;
  @Column('text', { name: 'forward_to', array: true, default: [] }) forwardTo: string[];
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' }) updatedAt: Date;
}
