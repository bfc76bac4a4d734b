export { cutShort, type NetworkRecord, type RaceRecord, type Versus } from "./record.ts";
