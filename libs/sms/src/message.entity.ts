import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Author, MessageStatus, Purpose, Wish } from './message.domain.js';

/** A text, in or out. */
@Entity('messages')
export class Message {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId: string;
  /** Null for a moment: an inbound text is threaded after it is kept. */
  @Column('uuid', { name: 'conversation_id', nullable: true }) conversationId: string | null;
  @Column('uuid', { name: 'contact_id' }) contactId: string;
  @Column('uuid', { name: 'phone_number_id' }) phoneNumberId: string;
  @Column('text') direction: 'inbound' | 'outbound';
  @Column('text') author: Author;
  @Column('text') purpose: Purpose;
  @Column('text') body: string;
  @Column('jsonb', { default: [] }) media: readonly { readonly url: string; readonly contentType: string }[];
  @Column('int', { default: 1 }) segments: number;
  @Column('text') status: MessageStatus;
  /** Sent by nobody's hand: counted by the brakes, canceled by a reply or an opt-out. */
  @Column('boolean', { default: false }) automatic: boolean;
  /** The conversation's epoch that it was written in. */
  @Column('int', { nullable: true }) epoch: number | null;
  /** One per intent: what is meant once is sent once. */
  @Column('text', { name: 'dedup_key' }) dedupKey: string;
  /** What an inbound text asks for before anybody reads it. */
  @Column('text', { nullable: true }) wish: Wish;
  /** Twilio itself answered this text of a customer's (OptOutType). */
  @Column('boolean', { name: 'answered_by_twilio', default: false }) answeredByTwilio: boolean;
  @Column('text', { name: 'error_code', nullable: true }) errorCode: string | null;
  @Column('text', { name: 'suppressed_reason', nullable: true }) suppressedReason: string | null;
  @Column('text', { name: 'message_sid', nullable: true }) messageSid: string | null;
  @Column({ type: 'timestamptz', name: 'send_at', precision: 3, default: () => 'clock_timestamp()' })
  sendAt: Date;
  /** Automatic texts were canceled while it was under way: should it come back, it is not sent again. */
  @Column('timestamptz', { name: 'recalled_at', nullable: true }) recalledAt: Date | null;
  /** Put off: not before then, whatever its place in the order. */
  @Column({ type: 'timestamptz', name: 'not_before', precision: 3, nullable: true }) notBefore: Date | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'clock_timestamp()' })
  createdAt: Date;
  @Column('timestamptz', { name: 'sent_at', nullable: true }) sentAt: Date | null;
  @Column('timestamptz', { name: 'delivered_at', nullable: true }) deliveredAt: Date | null;
}
