import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether Twilio itself answered a customer's text (OptOutType of Advanced Opt-Out): then no text of ours may follow. */
export class AnsweredByTwilio1763820500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table messages add answered_by_twilio boolean not null default false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table messages drop answered_by_twilio');
  }
}
