import { pause } from '#libs/platform';

import type { DemoHouse } from './demo-house.js';

/** What the demonstration shows, line by line. */
export type Show = (line: string) => void;

export interface DemoCall {
  readonly from: string;
  readonly behaviour: string;
  readonly afterSeconds?: number;
}

interface Line {
  readonly at: string;
  readonly event: string;
  readonly text: string | null;
  readonly msSinceMiss?: number;
}

interface Conversation {
  readonly id: string;
  readonly handler: string;
  readonly aiTakeoverAt: string | null;
}

const CUSTOMER = '+14155550134';
const REPLY = 'Hi! The pipe under my kitchen sink split and water is dripping. I am at 12 Bay St.';
const LONGEST_WAIT_MS = 30_000;

const spoken = (number: string): string => number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, '($1) $2-$3');

/** Talks to the hub and the sandbox as anybody could: over HTTP. */
class Stage {
  constructor(private readonly house: DemoHouse) {}

  async sandbox(path: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.house.sandboxUrl}/sandbox${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as Record<string, unknown>;
  }

  async phone(number: string): Promise<readonly Line[]> {
    const response = await fetch(
      `${this.house.sandboxUrl}/sandbox/transcript?number=${encodeURIComponent(number)}`,
    );
    return ((await response.json()) as { lines: Line[] }).lines;
  }

  async conversation(customer: string): Promise<Conversation | undefined> {
    const response = await fetch(
      `${this.house.hubUrl}/v1/conversations?customer=${encodeURIComponent(customer)}`,
      {
        headers: { authorization: `Bearer ${this.house.apiKey}` },
      },
    );
    return ((await response.json()) as { data: Conversation[] }).data[0];
  }

  /** The next text that a phone receives after it already had `before` of them. */
  async textAfter(number: string, before: number): Promise<Line | null> {
    for (const giveUpAt = Date.now() + LONGEST_WAIT_MS; Date.now() < giveUpAt; await pause(50)) {
      const texts = (await this.phone(number)).filter(({ event }) => event === 'receives-text');
      const next = texts[before];
      if (next !== undefined) return next;
    }
    return null;
  }

  async textsTo(number: string): Promise<number> {
    return (await this.phone(number)).filter(({ event }) => event === 'receives-text').length;
  }
}

const ENDINGS: Readonly<Record<string, string>> = {
  'no-answer': 'nobody picks up',
  busy: 'the line is busy',
  failed: 'the call does not get through',
  decline: 'the plumber declines',
  voicemail: "the plumber's voicemail answers",
  answer: 'the plumber answers',
};

const tellText = (text: Line | null, show: Show): void => {
  if (text === null) return show('   No text came: GET /v1/calls/{id}/decisions says why.');
  const ms = text.msSinceMiss === undefined ? '' : ` ${Math.round(text.msSinceMiss)} ms after the miss`;
  show(`✉  The caller gets a text${ms}:`);
  show(`      “${text.text ?? ''}”`);
};

/** One call, and the text that follows when it was missed. */
export const playCall = async (
  house: DemoHouse,
  { from, behaviour, afterSeconds }: DemoCall,
  show: Show,
): Promise<void> => {
  const stage = new Stage(house);
  const before = await stage.textsTo(from);
  show(`☎  ${spoken(from)} calls ${house.business}, ${spoken(house.number)}.`);
  show(`   The hub forwards the call: ${spoken(house.plumber)} rings …`);
  const presses = behaviour === 'answer' ? { presses: '1' } : {};
  const callee = { behaviour, ...presses, ...(afterSeconds === undefined ? {} : { afterSeconds }) };
  await stage.sandbox('/calls', { from, to: house.number, callee, wait: true });
  show(`   … and ${ENDINGS[behaviour] ?? behaviour}.`);
  if (behaviour === 'answer') return show('   The plumber pressed 1: answered, so no text is sent.');
  if (behaviour === 'voicemail') show('   It was asked to press 1 and did not: a machine is no answer.');
  tellText(await stage.textAfter(from, before), show);
};

/** Counts down while the conversation waits for a human. */
const countDown = async (stage: Stage, from: string, show: Show): Promise<void> => {
  for (const giveUpAt = Date.now() + LONGEST_WAIT_MS; Date.now() < giveUpAt; await pause(1_000)) {
    const conversation = await stage.conversation(from);
    const dueAt = conversation?.aiTakeoverAt ?? null;
    if (dueAt !== null) {
      show(
        `   ⏳ ${Math.max(0, Math.ceil((Date.parse(dueAt) - Date.now()) / 1_000))} s for a human to answer …`,
      );
    } else if (conversation !== undefined && conversation.handler !== 'unassigned') {
      return;
    }
  }
};

/** A customer's text, the wait for a human, and who answers. */
export const playText = async (house: DemoHouse, from: string, body: string, show: Show): Promise<void> => {
  const stage = new Stage(house);
  const before = await stage.textsTo(from);
  show(`✉  ${spoken(from)} writes: “${body}”`);
  await stage.sandbox('/messages', { from, to: house.number, body });
  await countDown(stage, from, show);
  const answer = await stage.textAfter(from, before);
  if (answer === null)
    return show('   Nobody answered yet: a human has this conversation, or the AI is off.');
  const holder = (await stage.conversation(from))?.handler;
  show(holder === 'human' ? '👤 A human answers:' : '🤖 No human did, so the AI answers:');
  show(`      “${answer.text ?? ''}”`);
};

/** The whole story: a missed call, a text, the customer's reply, the countdown, the AI's answer. */
export const play = async (house: DemoHouse, show: Show): Promise<void> => {
  await playCall(house, { from: CUSTOMER, behaviour: 'no-answer' }, show);
  await pause(1_200);
  show('');
  await playText(house, CUSTOMER, REPLY, show);
};
