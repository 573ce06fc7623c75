import type { MigrationInterface, QueryRunner } from 'typeorm';

const OUTCOMES = ['open', 'accepted', 'refused', 'put-off', 'not-sent', 'unknown', 'absent'];
const BEFORE = OUTCOMES.filter((outcome) => outcome !== 'not-sent');

const outcomes = (these: readonly string[]): string =>
  `alter table message_attempts drop constraint message_attempts_outcome_check,
    add constraint message_attempts_outcome_check check (outcome in (${these.map((one) => `'${one}'`).join(', ')}))`;

/** What the look into an unknown send needs is kept in the attempt's row; a send that is put off keeps its place. */
export class SendAttempts1763820700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(outcomes(OUTCOMES));
    // the default is for a process of the release before, which knows nothing of looks
    await runner.query(`alter table message_attempts
      add seq bigint generated always as identity,
      add looks int not null default 0,
      add absences int not null default 0,
      add look_at timestamptz not null default clock_timestamp() + interval '90 seconds'`);
    await runner.query('alter table messages add not_before timestamptz(3)');
    await runner.query('create unique index message_attempts_seq on message_attempts (seq)');
    await runner.query(`create index message_attempts_unproven on message_attempts (tenant_id, message_id)
      where outcome in ('open', 'unknown', 'absent')`);
    await runner.query(
      `create unique index messages_one_under_way on messages (tenant_id, conversation_id) where status = 'sending'`,
    );
    await runner.query(
      `create index messages_held on messages (tenant_id, created_at desc, id desc) where status = 'held'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index messages_held, messages_one_under_way, message_attempts_unproven');
    await runner.query('alter table messages drop not_before');
    await runner.query('alter table message_attempts drop look_at, drop absences, drop looks, drop seq');
    await runner.query(`update message_attempts set outcome = 'put-off' where outcome = 'not-sent'`);
    await runner.query(outcomes(BEFORE));
  }
}
