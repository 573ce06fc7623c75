import { familyOf } from '../bench/proc.mjs';
import { eventually, pause } from '../bench/stage.mjs';

const ENDS_WITHIN_MS = 20_000;

const signal = (pids, name) => {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
};

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The stage's PostgreSQL under faults: stopped, killed, frozen, and brought back behind its proxy. */
export class PostgresControl {
  #frozen = [];

  constructor(stage, proxy) {
    Object.assign(this, { stage, proxy });
  }

  /** Every process of it stops where it is: connections stay up, nothing answers. A second look finds late children. */
  async freeze() {
    for (let round = 0; round < 2; round += 1) {
      this.#frozen = familyOf(this.stage.postmaster);
      signal(this.#frozen, 'SIGSTOP');
      await pause(5);
    }
  }

  thaw() {
    signal([...this.#frozen, ...familyOf(this.stage.postmaster)], 'SIGCONT');
    this.#frozen = [];
  }

  /** @param how SIGQUIT as `pg_ctl stop -m immediate` does; SIGKILL as a machine does, backends included */
  async stop(how = 'SIGQUIT') {
    await this.proxy.refuse();
    const { postmaster } = this.stage;
    signal(how === 'SIGKILL' ? familyOf(postmaster) : [postmaster], how);
    if (!(await eventually(() => !isAlive(postmaster), ENDS_WITHIN_MS, 20)))
      throw new Error('PostgreSQL did not end.');
    this.proxy.resetAll();
  }

  /** Starts it again; connections are taken from the moment that it takes them. */
  async start() {
    await this.stage.restartPostgres();
    await this.proxy.heal();
  }
}

/** Where a URL leads. */
export const targetOf = (url) => {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
};
