import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Texts whose end no callback told are asked for one by one, the least recently asked first. */
export class AskedEnds1763820730000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table message_attempts add column asked_at timestamptz');
    await runner.query(
      `create index messages_unheard on messages (phone_number_id, sent_at) where status in ('accepted', 'sent')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index messages_unheard');
    await runner.query('alter table message_attempts drop column asked_at');
  }
}
