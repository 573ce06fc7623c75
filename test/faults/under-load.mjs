import { randomFrom } from '../bench/open-loop.mjs';
import { settle } from './evidence.mjs';
import { House } from './house.mjs';
import { Traffic } from './traffic.mjs';
import { TwilioClient } from './twilio-client.mjs';

/** The random numbers of one batch: the same for the same seed and first trial. */
export const randomOf = ({ seed, first }) => randomFrom(seed * 1_000_003 + first);

/**
 * A house under 100 webhooks/s while something is done to it; then everything settles and is judged.
 * @param given seed and first trial; of the house, how it is opened; rate, of webhooks per
 *   second; retries, of the webhooks' connections;
 *   settleMs, how long what is under way may take to end; healMs, how long what was refused may take to be imported;
 *   patient, whether texts of unknown outcome are waited for
 * @param work gets the house, and the traffic's history so far
 * @returns the whole history, what is seen in the end, and what `work` gave
 */
export const underLoad = async (
  stage,
  { seed, first, house: options, rate, retries, settleMs, healMs, patient },
  work,
) => {
  const house = await House.open(stage, options);
  const client = new TwilioClient(house.url, { retries });
  const { lines, known } = house;
  const traffic = new Traffic({ client, lines, rate, seed: seed * 1_000 + first, known: known.add });
  traffic.start();
  const done = await work(house, traffic);
  const history = await traffic.stop();
  await house.known.flush();
  const seen = await settle(house, history, { withinMs: settleMs, healMs, patient });
  client.close();
  await house.close();
  return { history, seen, done, house };
};
