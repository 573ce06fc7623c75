export { AccessGuard } from './access.guard.js';
export {
  ACCESS,
  BySignature,
  CurrentKey,
  CurrentTenant,
  ForServices,
  Public,
  RequireScope,
  type Access,
} from './access.js';
export { ApiKeyPage, ApiKeyView, CreateApiKey, NewApiKeyView } from './api-key.dto.js';
export { ApiKey } from './api-key.entity.js';
export { ApiKeys, PlatformKey, type Principal } from './api-keys.js';
export { IdentityModule } from './identity.module.js';
export { RateLimit } from './rate-limit.js';
export type { Scope } from './scope.domain.js';
