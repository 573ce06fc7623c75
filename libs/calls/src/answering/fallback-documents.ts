import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Configuration, Log, Sealer } from '#libs/platform';
import { Routing, type Route } from '#libs/tenants';

import { CallAnswers } from './call-answers.js';

const EVERY_MS = 2_000;
/** So many numbers in one go; webhooks come between. */
const AT_ONCE = 100;
const INDEX = 'index.json';

/**
 * A static TwiML file for each number, in DATA_DIR/fallback: hosted elsewhere and set as the number's fallback URL, it
 * rings the business when no hub answers at all. Names cannot be guessed; `index.json` says which is whose.
 */
@Injectable()
export class FallbackDocuments {
  private writing = false;
  /** The routing that the files were brought up to. */
  private version = 0;
  /** What is known to be on the disk, by file name. */
  private readonly written = new Map<string, string>();

  constructor(
    private readonly settings: Configuration,
    private readonly routing: Routing,
    private readonly answers: CallAnswers,
    private readonly sealer: Sealer,
    private readonly log: Log,
  ) {}

  /** Brings the files up to what the routing says now, all of them where somebody removed the folder. */
  @Interval(EVERY_MS)
  async refresh(): Promise<void> {
    const { version } = this.routing;
    if (this.writing || version === 0) return;
    this.writing = true;
    try {
      const made = await mkdir(this.folder, { recursive: true });
      if (made !== undefined) this.written.clear();
      if (made !== undefined || version !== this.version) await this.bring([...this.routing.all()]);
      this.version = version;
    } catch (error) {
      this.log.error('the fallback documents could not be written, and are tried again', error);
    } finally {
      this.writing = false;
    }
  }

  private get folder(): string {
    return join(this.settings.DATA_DIR, 'fallback');
  }

  private async bring(routes: readonly Route[]): Promise<void> {
    for (const [index, route] of routes.entries()) {
      if (index % AT_ONCE === 0) await setImmediate();
      await this.write(this.nameOf(route), this.answers.withoutHub(route));
    }
    const index = routes.map((route) => ({ number: route.number.number, file: this.nameOf(route) }));
    await this.write(INDEX, `${JSON.stringify(index, null, 2)}\n`);
    await this.removeAllBut(new Set(index.map(({ file }) => file)));
  }

  private nameOf({ number }: Route): string {
    return `call-${this.sealer.mac(number.number, 'fallback-document')}.xml`;
  }

  private async removeAllBut(wanted: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.folder)) {
      if (wanted.has(name) || !name.endsWith('.xml')) continue;
      await unlink(join(this.folder, name));
      this.written.delete(name);
    }
  }

  /** As a whole or not at all: somebody may copy the folder at any moment. */
  private async write(name: string, content: string): Promise<void> {
    if (this.written.get(name) === content) return;
    const path = join(this.folder, name);
    const there = await readFile(path, 'utf8').catch(() => null);
    if (there !== content) {
      const temporary = `${path}.${process.pid}`;
      const file = await open(temporary, 'w', name === INDEX ? 0o600 : 0o644);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    }
    this.written.set(name, content);
  }
}
