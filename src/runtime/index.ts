export type { Device } from "./backend.ts";
export { releaseIdleSessions } from "./cache.ts";
export {
  type BoundRun,
  compile,
  type CompileOptions,
  type Feeds,
  type LocalSession,
  type Port,
  type Session,
} from "./session.ts";
