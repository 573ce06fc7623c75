import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Evidence } from './evidence.domain.js';
import type { MissedReason } from './verdict.domain.js';

/** A call to a hub number, and everything heard about it. */
@Entity('calls')
export class Call {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId: string;
  @Column('uuid', { name: 'phone_number_id' }) phoneNumberId: string;
  @Column('text', { name: 'account_sid' }) accountSid: string;
  @Column('text', { name: 'call_sid' }) callSid: string;
  @Column('text', { name: 'from_number', default: '' }) from: string;
  @Column('text', { name: 'to_number', default: '' }) to: string;
  @Column('text', { default: 'inbound' }) direction: 'inbound' | 'outbound';
  @Column('text', { default: 'ringing' }) status: 'ringing' | 'in-progress' | 'ended';
  @Column('text', { nullable: true }) outcome: 'answered' | 'missed' | 'rejected' | null;
  @Column('text', { name: 'missed_reason', nullable: true }) missedReason: MissedReason | null;
  @Column('jsonb', { default: {} }) evidence: Evidence;
  /** Grows with every change of the verdict; readers of events keep the highest. */
  @Column('int', { default: 0 }) revision: number;
  @Column('uuid', { name: 'conversation_id', nullable: true }) conversationId: string | null;
  @Column('boolean', { name: 'text_back_sent', default: false }) textBackSent: boolean;
  @Column('text', { name: 'text_back_reason', nullable: true }) textBackReason: string | null;
  @Column('uuid', { name: 'text_back_message_id', nullable: true }) textBackMessageId: string | null;
  @Column({ type: 'timestamptz', name: 'started_at', precision: 3, default: () => 'clock_timestamp()' })
  startedAt: Date;
  @Column('timestamptz', { name: 'answered_at', nullable: true }) answeredAt: Date | null;
  @Column('timestamptz', { name: 'ended_at', nullable: true }) endedAt: Date | null;
  @Column('int', { name: 'duration_seconds', nullable: true }) durationSeconds: number | null;
  /** When somebody must look at it again; null once nothing more is expected. */
  @Column({ type: 'timestamptz', name: 'judge_at', precision: 3, nullable: true }) judgeAt: Date | null;
}
