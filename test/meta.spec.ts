import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DiscoveryService, MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { getMetadataStorage } from 'class-validator';
import { DataSource } from 'typeorm';

import { ACCESS } from '#libs/identity';

import { entities } from '../apps/hub/src/entities.js';
import { createDatabase, type TestDatabase } from './database.js';
import { TestHub } from './hub.js';

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );

describe('every route', () => {
  let hub: TestHub;
  const routes: {
    name: string;
    controller: abstract new () => unknown;
    method: string;
    handler: (...args: unknown[]) => unknown;
    path: string;
  }[] = [];

  beforeAll(async () => {
    hub = await TestHub.start();
    const discovery = new DiscoveryService(hub.app.get(ModulesContainer));
    const scanner = new MetadataScanner();
    for (const { instance, metatype } of discovery.getControllers()) {
      const prototype = Object.getPrototypeOf(instance) as Record<string, (...args: unknown[]) => unknown>;
      for (const method of scanner.getAllMethodNames(prototype)) {
        const handler = prototype[method];
        const path = (handler === undefined ? undefined : Reflect.getMetadata('path', handler)) as
          string | string[] | undefined;
        if (handler === undefined || path === undefined) continue;
        const base = String(Reflect.getMetadata('path', metatype as object));
        routes.push({
          name: `${metatype?.name}.${method}`,
          controller: metatype as abstract new () => unknown,
          method,
          handler,
          path: `${base}/${[path].flat().join(' ')}`,
        });
      }
    }
  });
  afterAll(() => hub.stop());

  it('says who may call it', () => {
    const reflector = new Reflector();
    const open = routes.filter(
      ({ handler, controller }) =>
        reflector.getAllAndOverride(ACCESS, [handler, controller as never]) === undefined,
    );
    expect(routes.length).toBeGreaterThan(30);
    expect(open.map(({ name }) => name)).toEqual([]);
  });

  it("is signed when it is one of Twilio's, and only then", () => {
    const reflector = new Reflector();
    const signed = (route: (typeof routes)[number]): boolean =>
      reflector.getAllAndOverride(ACCESS, [route.handler, route.controller as never]) === 'signed';
    const guarded = (route: (typeof routes)[number]): boolean =>
      Reflect.getMetadata('__guards__', route.handler) !== undefined;
    const wrong = routes.filter(
      (route) => route.path.startsWith('webhooks') !== signed(route) || (signed(route) && !guarded(route)),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it('reads its body and query by a class with rules', () => {
    const storage = getMetadataStorage();
    const unchecked = routes.flatMap(({ name, controller, method }) => {
      const args = (Reflect.getMetadata('__routeArguments__', controller, method) ?? {}) as Record<
        string,
        { index: number }
      >;
      const types = (Reflect.getMetadata('design:paramtypes', controller.prototype as object, method) ??
        []) as (new () => unknown)[];
      return Object.entries(args)
        .filter(
          ([key, { index }]) => (key.startsWith('3:') || key.startsWith('4:')) && types[index] !== String,
        )
        .filter(([, { index }]) => {
          const type = types[index];
          return (
            type === undefined ||
            type === (Object as unknown) ||
            storage.getTargetValidationMetadatas(type, '', true, false).length === 0
          );
        })
        .map(() => name);
    });
    expect(unchecked).toEqual([]);
  });
});

describe('the schema', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  it('is what the entities say', async () => {
    const source = await new DataSource({
      type: 'postgres',
      url: database.address.url,
      entities,
      uuidExtension: 'pgcrypto',
      installExtensions: false,
    }).initialize();
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    await source.destroy();
    const ofColumns = upQueries
      .map(({ query }) => query)
      .filter((query) => !query.includes('changed_in')) // a trigger's column, of a type that TypeORM does not know
      .filter((query) => /ADD "|DROP COLUMN|CREATE TABLE|TYPE|SET NOT NULL|DROP NOT NULL/.test(query));
    expect(ofColumns).toEqual([]);
  });

  it('keeps partitions three months ahead, each with its own forced policy', async () => {
    const rows = await database.query(`
      select i.inhparent::regclass::text as parent, count(*)::int as parts, bool_and(c.relforcerowsecurity) as forced
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where c.relkind = 'r' group by 1 order by 1`);
    expect(rows).toEqual(
      ['decisions', 'events', 'message_statuses', 'webhook_events'].map((parent) => ({
        parent,
        parts: 5,
        forced: true,
      })),
    );
  });

  it('answers the hot questions by an index, as the plain role', async () => {
    const { Client } = await import('pg');
    const client = new Client({ connectionString: database.address.url });
    await client.connect();
    await client.query(
      "select set_config('app.tenant_id', '01a20466-71f0-73dd-b0d7-b2a7f662cf6d', false); set enable_seqscan = off",
    );
    const hot = [
      "select 1 from calls where tenant_id = '01a20466-71f0-73dd-b0d7-b2a7f662cf6d' and call_sid = 'CA1'",
      "select 1 from messages where tenant_id = '01a20466-71f0-73dd-b0d7-b2a7f662cf6d' and conversation_id = '01a20466-71f0-73dd-b0d7-b2a7f662cf6d' and status = 'queued' order by send_at, id limit 1",
      "select 1 from conversations where tenant_id = '01a20466-71f0-73dd-b0d7-b2a7f662cf6d' and phone_number_id = '01a20466-71f0-73dd-b0d7-b2a7f662cf6d' and contact_id = '01a20466-71f0-73dd-b0d7-b2a7f662cf6d'",
    ];
    for (const query of hot) {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${query}`);
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index (Only )?Scan/);
    }
    await client.end();
  });
});

describe('every setting', () => {
  it('is documented in .env.example', () => {
    const names = [
      ...readFileSync('libs/platform/src/config.ts', 'utf8').matchAll(/readonly ([A-Z][A-Z0-9_]+)[?:]/g),
    ].map(([, name]) => name);
    const documented = readFileSync('.env.example', 'utf8');
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !new RegExp(`^# ?${name ?? ''}=`, 'm').test(documented))).toEqual([]);
  });
});

describe('npm start', () => {
  it('keeps the young objects few, for buffers of what was read long ago stay with them', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } };
    const flags = scripts.start.split(' ').filter((word) => word.startsWith('--'));
    const churn = `
      let kept = []
      for (let made = 0; made < 6_000_000; made += 1) {
        kept.push({ made })
        if (kept.length > 500_000) kept = []
      }
      const young = v8.getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
      console.log(young.space_size / 2 ** 20)`;
    const young = Number(execFileSync(process.execPath, [...flags, '-e', churn], { encoding: 'utf8' }));
    expect(young).toBeGreaterThan(0);
    expect(young).toBeLessThanOrEqual(2 * 16);
  });
});

describe('every file', () => {
  const sources = ['apps', 'libs', 'migrations', 'test']
    .flatMap(filesBelow)
    .filter((file) => /\.(ts|mjs)$/.test(file));

  it('stands in no drawer', () => {
    expect(sources.filter((file) => /(^|\/)(utils|common|helpers|shared|types)\//.test(file))).toEqual([]);
  });

  it('of a lib is behind its one face', () => {
    const faces = sources.filter((file) => file.startsWith('libs/') && file.endsWith('/index.ts'));
    expect(faces.every((file) => /^libs\/[a-z-]+\/src\/index\.ts$/.test(file))).toBe(true);
  });
});
