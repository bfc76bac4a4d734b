export { forLevels, ordered } from "./frank-hall.ts";
