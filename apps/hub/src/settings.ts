import { ConfigModule } from '@nestjs/config';
import { readConfiguration, type Configuration } from '#libs/platform';

/** Reads the environment and `.env`, once. @throws ConfigurationError with every mistake */
export const loadSettings = async (): Promise<Configuration> => {
  let settings: Configuration | undefined;
  await ConfigModule.forRoot({
    validate: (environment) => {
      settings = readConfiguration(environment);
      return {};
    },
  });
  if (settings === undefined) throw new Error('The settings were not read.');
  return settings;
};
