import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Handler } from './handler/handler.domain.js';

/** What is known of a customer's wish. */
export interface Lead {
  readonly name?: string | null;
  readonly address?: string | null;
  readonly jobType?: string | null;
  readonly urgency?: string | null;
  readonly summary?: string | null;
}

/** The thread between one hub number and one customer. */
@Entity('conversations')
export class Conversation {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId: string;
  @Column('uuid', { name: 'phone_number_id' }) phoneNumberId: string;
  @Column('uuid', { name: 'contact_id' }) contactId: string;
  @Column('text', { name: 'customer_number' }) customerNumber: string;
  @Column('text', { default: 'open' }) status: 'open' | 'closed';
  @Column('text', { default: 'unassigned' }) handler: Handler;
  /** Fences slow work: it grows with every change of hands, human text, opt-out and close. */
  @Column('int', { default: 0 }) epoch: number;
  /** The truth of the timer; the alarm only wakes somebody up to look. */
  @Column({ type: 'timestamptz', name: 'ai_takeover_at', precision: 3, nullable: true })
  aiTakeoverAt: Date | null;
  /** The first customer text that nobody has answered. */
  @Column({ type: 'timestamptz', name: 'waiting_since', precision: 3, nullable: true })
  waitingSince: Date | null;
  /** An emergency or a doubtful refusal: no AI until a human gives it back. */
  @Column('boolean', { name: 'ai_barred', default: false }) aiBarred: boolean;
  /** Since when the customer was told that somebody follows. */
  @Column('timestamptz', { name: 'held_since', nullable: true }) heldSince: Date | null;
  @Column('jsonb', { default: {} }) lead: Lead;
  @Column('text', { nullable: true }) outcome: string | null;
  @Column('bigint', { name: 'next_seq', default: 1 }) nextSeq: string;
  @Column('timestamptz', { name: 'last_message_at', nullable: true }) lastMessageAt: Date | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'clock_timestamp()' })
  createdAt: Date;
  @Column('timestamptz', { name: 'closed_at', nullable: true }) closedAt: Date | null;
}
