import { parseArgs } from 'node:util';

import { findHouse, type DemoHouse } from './demo/demo-house.js';
import { play, playCall, playText } from './demo/demo-play.js';
import { loadSettings } from './settings.js';

const USAGE = `npm run demo                                                   the whole story
npm run demo -- call --from +14155550150 --behaviour voicemail    one call: answer, no-answer, busy, failed, decline, voicemail
npm run demo -- text --from +14155550150 --body "Are you open?"   one text
`;

const show = (line: string): void => void process.stdout.write(`${line}\n`);

type Given = Readonly<Partial<Record<'from' | 'behaviour' | 'body' | 'after', string>>>;

const acts = ({
  from = '+14155550134',
  behaviour = 'no-answer',
  body = 'Hello, are you open today?',
  after,
}: Given) => {
  const afterSeconds = after === undefined ? {} : { afterSeconds: Number(after) };
  const known: Record<string, (house: DemoHouse) => Promise<void>> = {
    story: (house) => play(house, show),
    call: (house) => playCall(house, { from, behaviour, ...afterSeconds }, show),
    text: (house) => playText(house, from, body, show),
  };
  return known;
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      from: { type: 'string' },
      behaviour: { type: 'string' },
      body: { type: 'string' },
      after: { type: 'string' },
    },
  });
  const settings = await loadSettings();
  const house = await findHouse(settings.DATA_DIR);
  if (house === null) {
    process.stderr.write(
      'There is no demo here yet: run npm start first, without a Twilio account, and leave it running.\n',
    );
    return 1;
  }
  const act = acts(values)[positionals[0] ?? 'story'];
  if (act === undefined) {
    process.stderr.write(USAGE);
    return 1;
  }
  await act(house);
  return 0;
};

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const refused = String(error).includes('fetch failed')
      ? 'The hub is not running: npm start, in another terminal.'
      : String(error);
    process.stderr.write(`${refused}\n${USAGE}`);
    process.exit(1);
  },
);
