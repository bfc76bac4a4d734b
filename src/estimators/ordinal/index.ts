export { ordered } from "./frank-hall.ts";
