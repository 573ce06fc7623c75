import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When an event came, which may be long before it was kept: what is replayed or adopted has that age. */
export class WhenEventsCame1763820725000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table webhook_events add column came_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table webhook_events drop column came_at');
  }
}
