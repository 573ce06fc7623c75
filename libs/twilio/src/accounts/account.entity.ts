import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A Twilio account; its tokens are sealed. */
@Entity('twilio_accounts')
export class TwilioAccount {
  @PrimaryColumn('text', { name: 'account_sid' }) accountSid: string;
  @Column('uuid', { unique: true }) id: string;
  @Column('text', { name: 'auth_token', nullable: true }) authToken: string | null;
  @Column('text', { name: 'secondary_auth_token', nullable: true }) secondaryAuthToken: string | null;
  @Column('text', { default: 'active' }) status: 'active' | 'suspended' | 'deleted';
  @Column('text', { default: 'api' }) origin: 'api' | 'environment' | 'sandbox';
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()' }) createdAt: Date;
  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' }) updatedAt: Date;
}
