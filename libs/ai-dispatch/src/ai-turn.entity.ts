import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One turn of the AI: who was asked, and what became of the answer. */
@Entity('ai_turns')
export class AiTurn {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId: string;
  @Column('uuid', { name: 'conversation_id' }) conversationId: string;
  @Column('int') epoch: number;
  /** The message that it answers. */
  @Column('uuid') answers: string;
  @Column('text') status: 'answered' | 'silent' | 'stale';
  @Column('text', { nullable: true }) dispatcher: string | null;
  /** Dispatchers that were asked before, and why they gave no answer. */
  @Column('jsonb', { default: [] }) tried: readonly { readonly dispatcher: string; readonly error: string }[];
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'clock_timestamp()' })
  createdAt: Date;
}
