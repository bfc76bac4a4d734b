export {
  cutShort,
  type NetworkRecord,
  type OneNetworkRecord,
  type RaceRecord,
  trainingsOf,
  type Versus,
} from "./record.ts";
