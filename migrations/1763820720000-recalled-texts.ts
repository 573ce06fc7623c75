import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A text that is under way when automatic texts are canceled is not sent again, should it come back. */
export class RecalledTexts1763820720000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table messages add column recalled_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table messages drop column recalled_at');
  }
}
