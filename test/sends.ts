import { ACCOUNT, newCaller, type TestHub, type TestTenant } from './hub.js';

/** A hub's outgoing texts on Twilio's bad days: faults asked for, time let pass, rows looked at. */
export class Sends {
  constructor(
    private readonly hub: TestHub,
    private readonly tenant: TestTenant,
  ) {}

  async fault(fault: Readonly<Record<string, unknown>>): Promise<void> {
    const answer = await fetch(`${this.hub.sandbox.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    if (answer.status !== 201) throw new Error(await answer.text());
  }

  async mend(): Promise<void> {
    await fetch(`${this.hub.sandbox.url}/sandbox/faults`, { method: 'DELETE' });
  }

  /** Whether Twilio lists messages without their bodies. */
  async redact(redacted: boolean): Promise<void> {
    await fetch(`${this.hub.sandbox.url}/sandbox/listing`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redacted }),
    });
  }

  /** Another system of the same account sends a text from the tenant's number. */
  async createElsewhere(to: string, body: string): Promise<void> {
    const { accountSid, number } = this.tenant;
    const answer = await fetch(`${this.hub.sandbox.url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${accountSid}:${ACCOUNT.authToken}`).toString('base64')}`,
      },
      body: new URLSearchParams({ From: number, To: to, Body: body }),
    });
    if (answer.status !== 201) throw new Error(await answer.text());
  }

  /** A person's text; its id. */
  async write(to: string, body = 'On my way'): Promise<string> {
    const path = '/v1/messages';
    const { status, body: made } = await this.hub.post<{ id: string }>(path, { to, body }, this.tenant.key);
    if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(made)}`);
    return made.id;
  }

  /** A call that nobody takes; the id of the text that answers it. */
  async miss(from = newCaller()): Promise<string> {
    await this.hub.call(from, this.tenant.number, { behaviour: 'no-answer', afterSeconds: 1 });
    const textBack = `select m.id from messages m join contacts c on c.id = m.contact_id
      where c.number = $1 and m.purpose = 'text-back' and m.status <> 'suppressed'`;
    return this.hub.eventually(async () => {
      const [row] = await this.hub.database.query(textBack, [from]);
      return row?.['id'] as string | undefined;
    });
  }

  async shown(id: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.hub.get(`/v1/messages/${id}`, this.tenant.key)).body;
  }

  /** Waits until a message has this status, as the API shows it. */
  async becomes(id: string, status: string): Promise<void> {
    await this.hub.eventually(async () => (await this.shown(id))['status'] === status);
  }

  async outcomesOf(id: string): Promise<readonly unknown[]> {
    const outcomes = 'select outcome from message_attempts where message_id = $1 order by seq';
    return (await this.hub.database.query(outcomes, [id])).map(({ outcome }) => outcome);
  }

  /** Waits until the last attempt of a message has this outcome. */
  async comesTo(id: string, outcome: string): Promise<void> {
    await this.hub.eventually(async () => (await this.outcomesOf(id)).at(-1) === outcome);
  }

  /** Lets time pass for a message and its last attempt until the next look is due, and has it looked into. */
  async look(id: string): Promise<void> {
    const pass = `
      update message_attempts a set opened_at = opened_at - due.wait, look_at = look_at - due.wait
      from (select id, greatest(look_at - clock_timestamp(), interval '0') as wait from message_attempts
        where message_id = $1 order by seq desc limit 1) due
      where a.id = due.id returning a.id, looks, tenant_id, extract(epoch from wait) as waited`;
    const [attempt] = await this.hub.database.query(pass, [id]);
    await this.hub.database.query(
      'update messages set created_at = created_at - make_interval(secs => $2) where id = $1',
      [id, attempt?.['waited']],
    );
    await this.ring(String(attempt?.['id']));
    const looked = `select 1 from message_attempts where id = $1 and (looks > $2 or outcome not in ('open', 'unknown'))`;
    await this.hub.eventually(
      async () => (await this.hub.database.query(looked, [attempt?.['id'], attempt?.['looks']])).length > 0,
    );
  }

  /** Twilio's lists lack each of so many attempts in turn, whose answers are all lost. */
  async proveAbsent(id: string, attempts: number): Promise<void> {
    for (let nth = 1; nth <= attempts; nth += 1) {
      await this.hub.eventually(async () => (await this.outcomesOf(id)).length === nth);
      await this.comesTo(id, 'unknown');
      for (let looks = 1; looks <= 2; looks += 1) await this.look(id);
    }
  }

  /** One more alarm for an attempt's look, due or not. */
  async ring(attemptId: string): Promise<void> {
    const payload = JSON.stringify({ tenantId: this.tenant.id, attemptId });
    await this.hub.database.query(`select graphile_worker.add_job('sms.settle', $1::json)`, [payload]);
  }

  /** Makes the hub forget that it ever heard of a message's SID, as if the process had died before. */
  async forget(id: string): Promise<void> {
    for (const statement of [
      'delete from twilio_sids where subject_id = $1',
      `update messages set status = 'sending', message_sid = null, sent_at = null, delivered_at = null where id = $1`,
      `update message_attempts set outcome = 'open', message_sid = null, settled_at = null where message_id = $1`,
    ])
      await this.hub.database.query(statement, [id]);
  }
}
