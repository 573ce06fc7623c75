export { AccessGuard } from './access.guard.js';
export {
  ACCESS,
  BySignature,
  CurrentTenant,
  ForServices,
  OperatorToo,
  Public,
  ReachedTenant,
  RequireScope,
} from './access.js';
export { CreateApiKey, NewApiKeyView } from './api-key.dto.js';
export { ApiKey } from './api-key.entity.js';
export { ApiKeys, PlatformKey } from './api-keys.js';
export { IdentityModule } from './identity.module.js';
