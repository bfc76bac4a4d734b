export { nearestNeighbors, nearestNeighborsParameters } from "./nearest-neighbors.ts";
