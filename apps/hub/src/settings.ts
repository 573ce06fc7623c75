import { ConfigModule } from '@nestjs/config';
import { readConfiguration, type Configuration } from '#libs/platform';

/** Without an account the demonstration talks on the terminal, so the log keeps to what matters. */
const quietly = (environment: Record<string, unknown>): Record<string, unknown> => {
  const alone =
    !environment['TWILIO_ACCOUNT_SID'] && !environment['TWILIO_API_BASE_URL'] && !environment['DATABASE_URL'];
  return alone && !environment['LOG_LEVEL'] ? { ...environment, LOG_LEVEL: 'warn' } : environment;
};

/** Reads the environment and `.env`, once. @throws ConfigurationError with every mistake */
export const loadSettings = async (): Promise<Configuration> => {
  let settings: Configuration | undefined;
  await ConfigModule.forRoot({
    validate: (environment) => {
      settings = readConfiguration(quietly(environment));
      return {};
    },
  });
  if (settings === undefined) throw new Error('The settings were not read.');
  return settings;
};
