export { AiDispatchModule } from './ai-dispatch.module.js';
export { AiTurn } from './ai-turn.entity.js';
